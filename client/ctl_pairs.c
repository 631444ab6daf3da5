/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * pairs: which device reaches which region. The matrix has a row per device
 * and a column per region; what there is to explain is numbered and stands
 * below it, once for each distinct reason.
 */
#include <stdio.h>
#include <string.h>
#include <json-c/json.h>

#include "common/cleanup.h"
#include "common/json.h"
#include "client/ctl.h"
#include "client/say.h"
#include "client/table.h"

struct matrix {
	const struct p2pmem_pair *pairs;
	const struct p2pmem_device *devices;
	const struct p2pmem_pair **columns; /* first pair of each region */
	size_t n_columns;
	const struct p2pmem_pair **rows; /* first pair of each device */
	size_t n_rows;
	const struct p2pmem_pair **notes; /* first pair of each reason */
	size_t n_notes;
};

static void matrix_clear(struct matrix *m)
{
	free(m->columns);
	free(m->rows);
	free(m->notes);
}

static bool same_text(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

static bool same_region(const struct p2pmem_pair *a, const struct p2pmem_pair *b)
{
	return strcmp(a->region, b->region) == 0 && strcmp(a->provider, b->provider) == 0;
}

static bool same_device(const struct p2pmem_pair *a, const struct p2pmem_pair *b)
{
	return strcmp(a->device, b->device) == 0;
}

static bool same_note(const struct p2pmem_pair *a, const struct p2pmem_pair *b)
{
	return same_text(a->reason, b->reason) && same_text(a->remedy, b->remedy);
}

typedef bool (*same_fn)(const struct p2pmem_pair *a, const struct p2pmem_pair *b);

static ssize_t find(const struct p2pmem_pair *const *v, size_t n, const struct p2pmem_pair *p,
		    same_fn same)
{
	for (size_t i = 0; i < n; i++)
		if (same(v[i], p))
			return i;
	return -1;
}

/* Collects the pairs that differ from those before. */
static int add_new(const struct p2pmem_pair ***v, size_t *n, const struct p2pmem_pair *p,
		   same_fn same)
{
	const struct p2pmem_pair **grown;

	if (find(*v, *n, p, same) >= 0)
		return 0;
	grown = reallocarray(*v, *n + 1, sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	*v = grown;
	grown[(*n)++] = p;
	return 0;
}

static int matrix_fill(struct matrix *m)
{
	for (const struct p2pmem_pair *p = m->pairs; p; p = p->next)
		if (add_new(&m->columns, &m->n_columns, p, same_region) < 0 ||
		    add_new(&m->rows, &m->n_rows, p, same_device) < 0 ||
		    (p->reason && add_new(&m->notes, &m->n_notes, p, same_note) < 0))
			return -ENOMEM;
	return 0;
}

static const struct p2pmem_pair *pair_at(const struct matrix *m, size_t row, size_t column)
{
	for (const struct p2pmem_pair *p = m->pairs; p; p = p->next)
		if (same_region(p, m->columns[column]) && same_device(p, m->rows[row]))
			return p;
	return NULL;
}

static enum colour verdict_colour(enum p2pmem_verdict verdict)
{
	switch (verdict) {
	case P2PMEM_VERDICT_BUS:
		return COLOUR_GREEN;
	case P2PMEM_VERDICT_BRIDGE:
		return COLOUR_YELLOW;
	case P2PMEM_VERDICT_UNSUPPORTED:
		return COLOUR_RED;
	default:
		return COLOUR_NONE;
	}
}

static void add_verdict(struct table *t, const struct matrix *m, const struct p2pmem_pair *p)
{
	char text[64];
	ssize_t n;

	if (!p) {
		table_add(t, NULL);
		return;
	}
	n = p->reason ? find(m->notes, m->n_notes, p, same_note) : -1;
	if (n >= 0)
		snprintf(text, sizeof(text), "%s [%zd]", p2pmem_verdict_name(p->verdict), n + 1);
	else
		snprintf(text, sizeof(text), "%s", p2pmem_verdict_name(p->verdict));
	table_add_coloured(t, verdict_colour(p->verdict), text);
}

static void add_heading(struct table *t, const struct matrix *m)
{
	table_add_coloured(t, COLOUR_BOLD, "BLOCK");
	table_add_coloured(t, COLOUR_BOLD, "DEVICE");
	for (size_t i = 0; i < m->n_columns; i++)
		table_add_coloured(t, COLOUR_BOLD, m->columns[i]->region);
	table_add(t, " ");
	table_add(t, " ");
	for (size_t i = 0; i < m->n_columns; i++)
		table_add(t, m->columns[i]->provider);
}

static int add_row(struct table *t, const struct matrix *m, size_t row)
{
	_cleanup_free_ char *blocks = block_names(m->devices, m->rows[row]->device);

	if (!blocks)
		return -ENOMEM;
	table_add(t, blocks);
	table_add(t, m->rows[row]->device);
	for (size_t i = 0; i < m->n_columns; i++)
		add_verdict(t, m, pair_at(m, row, i));
	return 0;
}

static void print_notes(const struct matrix *m)
{
	if (m->n_notes)
		putchar('\n');
	for (size_t i = 0; i < m->n_notes; i++) {
		say(stdout, "[%zu] %s", i + 1, m->notes[i]->reason);
		if (m->notes[i]->remedy)
			say(stdout, "remedy: %s", m->notes[i]->remedy);
	}
}

static int print_matrix(const struct p2pmem_pair *pairs, const struct p2pmem_device *devices)
{
	_cleanup_(matrix_clear) struct matrix m = { .pairs = pairs, .devices = devices };
	_cleanup_(table_freep) struct table *t = NULL;

	if (matrix_fill(&m) < 0)
		return no_memory();
	t = table_new(m.n_columns + 2);
	if (!t)
		return no_memory();
	add_heading(t, &m);
	for (size_t i = 0; i < m.n_rows; i++)
		if (add_row(t, &m, i) < 0)
			return no_memory();
	if (table_print(t, stdout) < 0)
		return no_memory();
	print_notes(&m);
	return STATUS_OK;
}

static int pair_to_json(const struct p2pmem_pair *p, struct json_object **ret)
{
	_cleanup_json_ struct json_object *o = json_object_new_object();

	if (!o || json_add_string(o, "region", p->region) < 0 ||
	    json_add_string(o, "provider", p->provider) < 0 ||
	    json_add_string(o, "device", p->device) < 0 ||
	    json_add_string(o, "verdict", p2pmem_verdict_name(p->verdict)) < 0 ||
	    (p->distance >= 0 && json_add_int(o, "distance", p->distance) < 0) ||
	    json_add_string(o, "reason", p->reason) < 0 ||
	    json_add_string(o, "remedy", p->remedy) < 0)
		return -ENOMEM;
	*ret = take_ptr(o);
	return 0;
}

static int print_json(const struct p2pmem_pair *pairs)
{
	_cleanup_json_ struct json_object *root = ctl_json_new(), *array = json_object_new_array();
	struct json_object *o;

	if (!root || !array)
		return no_memory();
	for (; pairs; pairs = pairs->next)
		if (pair_to_json(pairs, &o) < 0 || json_append(array, o) < 0)
			return no_memory();
	if (json_add(root, "pairs", take_ptr(array)) < 0)
		return no_memory();
	return ctl_print_json(root);
}

static int run_pairs(int argc, char **argv)
{
	_cleanup_(client_freep) struct p2pmem_client *client = NULL;
	_cleanup_list_ struct p2pmem_pair *pairs = NULL;
	_cleanup_list_ struct p2pmem_device *devices = NULL;
	bool json = false;
	int r = parse_list_options(&verb_pairs, argc, argv, &json);

	if (r >= 0)
		return r;
	r = ctl_connect(&client);
	if (r != STATUS_OK)
		return r;
	r = p2pmem_list_pairs(client, &pairs);
	if (r >= 0 && !json)
		r = p2pmem_list_devices(client, &devices);
	if (r < 0)
		return ctl_failure(client, r);
	if (json)
		return print_json(pairs);
	if (pairs)
		return print_matrix(pairs, devices);
	puts("No pairs: no region, or no device that could use one.");
	return STATUS_OK;
}

const struct verb verb_pairs = {
	.name = "pairs",
	.arguments = "",
	.summary = "Shows which device reaches which region, and why not",
	.help = "Options:\n"
		"  -o, --output FORMAT  'table' (default) or 'json'\n"
		"  -h, --help           this text\n\n"
		"Verdicts:\n"
		"  bus          behind one switch: transfers stay below it\n"
		"  bridge       through a host bridge that the kernel knows to pass them on\n"
		"  unsupported  no way; the number leads to the reason\n"
		"  unknown      could not be found out; treated as unsupported\n",
	.run = run_pairs,
};
