/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A table of the tree: a line per root bus, and per function below it. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "common/cleanup.h"
#include "client/acs.h"
#include "client/ctl.h"
#include "client/ctl_topology.h"
#include "client/forest.h"
#include "client/say.h"
#include "client/size.h"
#include "client/table.h"

struct picture {
	struct table *table;
	const struct topology_lists *lists;
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

static void print_absence(const struct topology_lists *l, bool all)
{
	if (all || !l->functions)
		puts("No PCI functions.");
	else
		puts("No region, and no device that could use one; --all shows every PCI function.");
}

int print_topology(const struct topology_lists *l, bool all)
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
