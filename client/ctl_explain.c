/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* explain: why a device reaches a region, or not, and what can be done. */
#include <getopt.h>
#include <stdio.h>
#include <json-c/json.h>

#include "common/cleanup.h"
#include "common/json.h"
#include "client/ctl.h"
#include "client/ctl_connect.h"
#include "client/ctl_explain.h"
#include "client/lib_shape.h"
#include "client/names.h"
#include "client/say.h"
#include "client/origin.h"

/* What a script wants to know first: does it work? */
static int status_of(enum p2pmem_verdict verdict)
{
	switch (verdict) {
	case P2PMEM_VERDICT_BUS:
	case P2PMEM_VERDICT_BRIDGE:
		return STATUS_OK;
	case P2PMEM_VERDICT_UNSUPPORTED:
		return STATUS_NO_PATH;
	default:
		return STATUS_UNKNOWN;
	}
}

static int print_json(const struct p2pmem_explanation *e)
{
	_cleanup_json_ struct json_object *root = ctl_json_new();

	if (!root || json_add(root, "explanation", shape_write(&shape_explanation, e)) < 0)
		return no_memory();
	return ctl_print_json(root);
}

/* Without a region there is nothing to explain but that; on this machine it can be told why. */
static int no_region(const struct origin *o)
{
	_cleanup_(machine_clear) struct machine m = {};
	char drives[80];

	if (!origin_tree(o) && machine_look_here(&m) < 0)
		return no_memory();
	if (m.kernel == KERNEL_WITHOUT_P2PDMA)
		return kernel_problem(&m);
	if (origin_tree(o) || machine_may_have_memory(&m))
		problem("there is no region: no PCI function offers peer-to-peer memory");
	else
		problem("there is no peer-to-peer memory: %s",
			machine_describe_drives(&m, drives, sizeof(drives)));
	remedy("p2pmemctl doctor says what there is and what is missing");
	return STATUS_NO_HARDWARE;
}

static int explain(struct origin *s, const struct names *n, char **arguments, bool json)
{
	_cleanup_list_ struct p2pmem_explanation *e = NULL;
	const struct p2pmem_region *region;
	struct place device;
	int status = names_region(n, arguments[0], &region);

	if (status == STATUS_OK)
		status = names_device(n, arguments[1], &device);
	if (status == STATUS_OK)
		status = origin_explain(s, region, &device, &e);
	if (status == STATUS_OK)
		status = json ? print_json(e) : print_explanation(e, n->devices);
	return status != STATUS_OK ? status : status_of(e->verdict);
}

static int look_up(struct origin *s, char **arguments, bool json)
{
	_cleanup_list_ struct p2pmem_region *regions = NULL;
	_cleanup_list_ struct p2pmem_device *devices = NULL;
	struct names n = { .tree = origin_tree(s) };
	int status = origin_regions(s, &regions);

	if (status == STATUS_OK)
		status = origin_devices(s, &devices);
	if (status != STATUS_OK)
		return status;
	if (!regions)
		return no_region(s);
	n.regions = regions;
	n.devices = devices;
	return explain(s, &n, arguments, json);
}

static int run_explain(int argc, char **argv)
{
	_cleanup_(origin_closep) struct origin *origin = NULL;
	bool json = false;
	int r = parse_output_options(&verb_explain, argc, argv, &json);

	if (r >= 0)
		return r;
	if (argc - optind != 2) {
		problem("explain takes a region and a device");
		return usage_hint(&verb_explain);
	}
	r = origin_open(&origin);
	return r == STATUS_OK ? look_up(origin, argv + optind, json) : r;
}

const struct verb verb_explain = {
	.name = "explain",
	.arguments = "REGION DEVICE",
	.summary = "Says why a device reaches a region or not, and what to do",
	.help = "Options:\n"
		"  -o, --output FORMAT  'table' (default) or 'json'\n"
		"  -h, --help           this text\n\n"
		"Both are called by PCI address, /dev path, link in /dev/disk or /dev/p2pmem,\n"
		"serial number, or as p2pmemctl list calls them; the device may be a file.\n\n"
		"The path is shown from the memory up to where requests turn, and down to the\n"
		"device. ACS shows the bits that are set: RR, CR and EC send requests or\n"
		"completions up to the host bridge, away from a switch that both are below.\n\n"
		"Exit status: 0 if the device reaches the region (bus, bridge), 4 if it does\n"
		"not (unsupported), 21 if that could not be found out (unknown).\n",
	.takes_tree = true,
	.run = run_explain,
};
