/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* topology: the PCI tree, with what is of interest in it. */
#include <getopt.h>
#include <stdio.h>
#include <json-c/json.h>

#include "common/cleanup.h"
#include "common/json.h"
#include "client/ctl.h"
#include "client/ctl_topology.h"
#include "client/lib_shape.h"
#include "client/say.h"
#include "client/origin.h"

static void lists_clear(struct topology_lists *l)
{
	p2pmem_list_free(l->bridges);
	p2pmem_list_free(l->functions);
	p2pmem_list_free(l->regions);
}

static int get_lists(struct origin *s, struct topology_lists *l)
{
	int status = origin_host_bridges(s, &l->bridges);

	if (status == STATUS_OK)
		status = origin_functions(s, &l->functions);
	if (status == STATUS_OK)
		status = origin_regions(s, &l->regions);
	return status;
}

/* ---- as JSON --------------------------------------------------------- */

static int print_json(const struct topology_lists *l)
{
	_cleanup_json_ struct json_object *root = ctl_json_new();

	if (!root ||
	    json_add(root, "hostBridges", shape_write_list(&shape_host_bridge, l->bridges)) < 0 ||
	    json_add(root, "functions", shape_write_list(&shape_function, l->functions)) < 0 ||
	    json_add(root, "regions", shape_write_list(&shape_region, l->regions)) < 0)
		return no_memory();
	return ctl_print_json(root);
}

/* ---- options --------------------------------------------------------- */

static int parse_options(int argc, char **argv, bool *json, bool *all)
{
	static const struct option options[] = {
		{ "help", no_argument, NULL, 'h' },
		{ "output", required_argument, NULL, 'o' },
		{ "all", no_argument, NULL, 'a' },
		{},
	};
	int c, r;

	while ((c = getopt_long(argc, argv, ":ho:", options, NULL)) >= 0) {
		if (c == 'h') {
			verb_print_help(&verb_topology);
			return STATUS_OK;
		} else if (c == 'a') {
			*all = true;
		} else {
			r = c == 'o' ? parse_output(&verb_topology, optarg, json) :
				       option_problem(&verb_topology, c, argv);
			if (r >= 0)
				return r;
		}
	}
	if (optind == argc)
		return -1;
	problem("topology takes no argument '%s'", argv[optind]);
	return usage_hint(&verb_topology);
}

static int run_topology(int argc, char **argv)
{
	_cleanup_(origin_closep) struct origin *origin = NULL;
	_cleanup_(lists_clear) struct topology_lists l = {};
	bool json = false, all = false;
	int r = parse_options(argc, argv, &json, &all);

	if (r >= 0)
		return r;
	r = origin_open(&origin);
	if (r == STATUS_OK)
		r = get_lists(origin, &l);
	if (r != STATUS_OK)
		return r;
	return json ? print_json(&l) : print_topology(&l, all);
}

const struct verb verb_topology = {
	.name = "topology",
	.arguments = "",
	.summary = "Shows the PCI tree with regions, devices, and what ACS does where",
	.help = "Options:\n"
		"      --all            every PCI function, not only what is or leads to a region\n"
		"                       or to a device that could use one\n"
		"  -o, --output FORMAT  'table' (default) or 'json', which is always complete\n"
		"  -h, --help           this text\n\n"
		"ACS shows the bits that are set. RR, CR and EC send requests or completions up\n"
		"to the host bridge, away from a switch that both ends are below.\n",
	.takes_tree = true,
	.run = run_topology,
};
