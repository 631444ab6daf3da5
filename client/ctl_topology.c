/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* topology: the PCI tree, with what is of interest in it. */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <json-c/json.h>

#include "common/cleanup.h"
#include "common/json.h"
#include "client/acs.h"
#include "client/ctl.h"
#include "client/forest.h"
#include "client/lib_shape.h"
#include "client/say.h"
#include "client/size.h"
#include "client/origin.h"
#include "client/table.h"

struct lists {
	struct p2pmem_host_bridge *bridges;
	struct p2pmem_function *functions;
	struct p2pmem_region *regions;
};

static void lists_clear(struct lists *l)
{
	p2pmem_list_free(l->bridges);
	p2pmem_list_free(l->functions);
	p2pmem_list_free(l->regions);
}

static int get_lists(struct origin *s, struct lists *l)
{
	int status = origin_host_bridges(s, &l->bridges);

	if (status == STATUS_OK)
		status = origin_functions(s, &l->functions);
	if (status == STATUS_OK)
		status = origin_regions(s, &l->regions);
	return status;
}

/* ---- as a table ------------------------------------------------------ */

struct picture {
	struct table *table;
	const struct lists *lists;
	size_t rows; /* of functions */
};

static const struct p2pmem_region *region_at(const struct p2pmem_region *r, const char *address)
{
	for (; r; r = r->next)
		if (strcmp(r->provider, address) == 0)
			return r;
	return NULL;
}

static void write_region(FILE *f, const struct p2pmem_function *function,
			 const struct p2pmem_region *r)
{
	char size[SIZE_TEXT_MAX], left[SIZE_TEXT_MAX];

	if (r)
		fprintf(f, "%s: %s, %s free", function->region, size_short(r->size, size),
			size_short(r->free, left));
	else
		fprintf(f, "%s", function->region);
}

/* "p2pmem0: 64M, 63.8M free; nvme0n1; serial cmb0" */
static int write_what(FILE *f, const struct p2pmem_function *function,
		      const struct p2pmem_region *regions)
{
	const char *before = "";

	if (function->region) {
		write_region(f, function, region_at(regions, function->address));
		before = "; ";
	}
	for (const struct p2pmem_name *b = function->blocks; b; b = b->next) {
		fprintf(f, "%s%s", before, b->name);
		before = b->next ? " " : "; ";
	}
	if (function->serial) {
		fprintf(f, "%sserial %s", before, function->serial);
		before = "; ";
	}
	if (function->redirects) {
		_cleanup_free_ char *text = acs_redirects(function->redirects);

		fprintf(f, "%s%s", before, text ? text : "redirects");
	}
	return ferror(f) ? -ENOMEM : 0;
}

static int add_what(struct table *t, const struct p2pmem_function *function,
		    const struct p2pmem_region *regions)
{
	_cleanup_free_ char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);
	int r;

	if (!f)
		return -ENOMEM;
	r = write_what(f, function, regions);
	if (fclose(f) != 0 || r < 0)
		return -ENOMEM;
	table_add(t, *text ? text : " ");
	return 0;
}

static int add_function(const struct node *node, size_t depth, void *userdata)
{
	const struct p2pmem_function *f = node->function;
	struct picture *p = userdata;
	char bits[ACS_TEXT_MAX];

	p->rows++;
	table_add_indented(p->table, 2 * depth, f->address);
	table_add(p->table, port_word(f->kind));
	table_addf(p->table, "%04x:%04x", f->vendor, f->device);
	table_add(p->table, f->driver);
	table_add(p->table, acs_bits(f->acs_known, f->has_acs, f->acs_control, bits));
	return add_what(p->table, f, p->lists->regions);
}

static const char *passes_words(enum p2pmem_answer passes)
{
	switch (passes) {
	case P2PMEM_ANSWER_YES:
		return "passes peer-to-peer traffic on";
	case P2PMEM_ANSWER_NO:
		return "does not pass peer-to-peer traffic on";
	default:
		return "may or may not pass peer-to-peer traffic on";
	}
}

static void add_bridge(struct table *t, const struct p2pmem_host_bridge *b)
{
	table_add(t, b->root);
	table_add(t, "host bridge");
	if (b->vendor)
		table_addf(t, "%04x:%04x", b->vendor, b->device);
	else
		table_add(t, NULL);
	table_add(t, NULL);
	table_add(t, NULL);
	table_addf(t, "%s%s%s", passes_words(b->passes), b->reason ? ": " : "",
		   b->reason ? b->reason : "");
}

/* Does anything that is to be shown hang below it? */
static int note_one(const struct node *node, size_t depth, void *userdata)
{
	*(bool *)userdata = true;
	return 1;
}

static int add_root(struct picture *p, const struct forest *f, const struct p2pmem_host_bridge *b,
		    bool all)
{
	bool any = all;

	forest_walk(f, b->root, all, note_one, &any);
	if (!any)
		return 0;
	add_bridge(p->table, b);
	return forest_walk(f, b->root, all, add_function, p);
}

static int draw(struct picture *p, const struct forest *f, bool all)
{
	static const char *const headings[] = { "FUNCTION", "KIND", "ID", "DRIVER", "ACS", " " };
	int r = 0;

	p->table = table_new(6);
	if (!p->table)
		return -ENOMEM;
	for (size_t i = 0; i < 6; i++)
		table_add_coloured(p->table, COLOUR_BOLD, headings[i]);
	for (const struct p2pmem_host_bridge *b = p->lists->bridges; r == 0 && b; b = b->next)
		r = add_root(p, f, b, all);
	return r;
}

static void print_absence(const struct lists *l, bool all)
{
	if (all || !l->functions)
		puts("No PCI functions.");
	else
		puts("No region, and no device that could use one; --all shows every PCI function.");
}

static int print_picture(const struct lists *l, bool all)
{
	struct picture p = { .lists = l };
	struct forest f;
	int r = forest_grow(l->functions, &f);

	if (r < 0)
		return no_memory();
	r = draw(&p, &f, all);
	if (r == 0 && p.rows == 0)
		print_absence(l, all);
	else if (r == 0)
		r = table_print(p.table, stdout);
	table_free(p.table);
	forest_done(&f);
	return r < 0 ? no_memory() : STATUS_OK;
}

/* ---- as JSON --------------------------------------------------------- */

static int print_json(const struct lists *l)
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
	_cleanup_(lists_clear) struct lists l = {};
	bool json = false, all = false;
	int r = parse_options(argc, argv, &json, &all);

	if (r >= 0)
		return r;
	r = origin_open(&origin);
	if (r == STATUS_OK)
		r = get_lists(origin, &l);
	if (r != STATUS_OK)
		return r;
	return json ? print_json(&l) : print_picture(&l, all);
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
