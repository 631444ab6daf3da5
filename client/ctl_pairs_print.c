/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The matrix has a row per device and a column per region; what there is to
 * explain is numbered and stands below it. Beyond what fits a screen, equal
 * rows and equal columns are one, and who they are stands below as well.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "common/cleanup.h"
#include "client/ctl.h"
#include "client/ctl_pairs.h"
#include "client/matrix.h"
#include "client/say.h"
#include "client/table.h"

/* Beyond these, equal lines are put together. */
#define ROWS_MAX 40
#define COLUMNS_MAX 8

static void add_verdict(struct table *t, const struct matrix *m, const struct p2pmem_pair *p)
{
	char text[64];
	size_t note;

	if (!p) {
		table_add(t, NULL);
		return;
	}
	note = matrix_note(m, p);
	if (note > 0)
		snprintf(text, sizeof(text), "%s [%zu]", p2pmem_verdict_name(p->verdict), note);
	else
		snprintf(text, sizeof(text), "%s", p2pmem_verdict_name(p->verdict));
	table_add_coloured(t, verdict_colour(p->verdict), text);
}

static bool is_first(const struct line *lines, size_t i)
{
	return lines[i].group == i;
}

static size_t count_groups(const struct line *lines, size_t n)
{
	size_t groups = 0;

	for (size_t i = 0; i < n; i++)
		groups += is_first(lines, i);
	return groups;
}

/* "p2pmem0", or "p2pmem0 (+15)" */
static void add_name(struct table *t, const struct line *l, const char *name)
{
	if (l->more)
		table_addf(t, "%s (+%zu)", name, l->more);
	else
		table_add(t, name);
}

/* While the driver does not know them, providers' addresses are the names of regions. */
static bool have_names(const struct matrix *m)
{
	for (size_t i = 0; i < m->n_columns; i++)
		if (strcmp(m->columns[i].pair->region, m->columns[i].pair->provider) != 0)
			return true;
	return false;
}

static void add_heading(struct table *t, const struct matrix *m)
{
	table_add_coloured(t, COLOUR_BOLD, "BLOCK");
	table_add_coloured(t, COLOUR_BOLD, "DEVICE");
	for (size_t i = 0; i < m->n_columns; i++)
		if (is_first(m->columns, i))
			add_name(t, &m->columns[i], m->columns[i].pair->region);
	if (!have_names(m))
		return;
	table_add(t, " ");
	table_add(t, " ");
	for (size_t i = 0; i < m->n_columns; i++)
		if (is_first(m->columns, i))
			table_add(t, m->columns[i].pair->provider);
}

static int add_row(struct table *t, const struct matrix *m, size_t row,
		   const struct p2pmem_device *devices)
{
	_cleanup_free_ char *blocks = block_names(devices, m->rows[row].pair->device);

	if (!blocks)
		return -ENOMEM;
	table_add(t, blocks);
	add_name(t, &m->rows[row], m->rows[row].pair->device);
	for (size_t i = 0; i < m->n_columns; i++)
		if (is_first(m->columns, i))
			add_verdict(t, m, matrix_cell(m, row, i));
	return 0;
}

static int print_table(const struct matrix *m, const struct p2pmem_device *devices)
{
	_cleanup_(table_freep) struct table *t =
		table_new(count_groups(m->columns, m->n_columns) + 2);

	if (!t)
		return -ENOMEM;
	add_heading(t, m);
	for (size_t i = 0; i < m->n_rows; i++)
		if (is_first(m->rows, i) && add_row(t, m, i, devices) < 0)
			return -ENOMEM;
	return table_print(t, stdout);
}

static const char *region_of(const struct p2pmem_pair *p)
{
	return p->region;
}

static const char *device_of(const struct p2pmem_pair *p)
{
	return p->device;
}

/* "0000:03:00.0 (+2): 0000:04:00.0 0000:05:00.0", for each group of several. */
static int print_groups(const struct line *lines, size_t n,
			const char *(*name)(const struct p2pmem_pair *p))
{
	for (size_t i = 0; i < n; i++) {
		_cleanup_free_ char *text = NULL;
		size_t size;
		FILE *f;

		if (!is_first(lines, i) || !lines[i].more)
			continue;
		f = open_memstream(&text, &size);
		if (!f)
			return -ENOMEM;
		fprintf(f, "%s (+%zu):", name(lines[i].pair), lines[i].more);
		for (size_t j = i + 1; j < n; j++)
			if (lines[j].group == i)
				fprintf(f, " %s", name(lines[j].pair));
		if (fclose(f) != 0)
			return -ENOMEM;
		say(stdout, "%s", text);
	}
	return 0;
}

/* Ports have remedies of their own, and one price. */
static bool cost_was_said(const struct matrix *m, size_t i)
{
	for (size_t j = 0; j < i; j++)
		if (m->notes[j]->cost && strcmp(m->notes[j]->cost, m->notes[i]->cost) == 0)
			return true;
	return false;
}

static void print_note(const struct matrix *m, size_t i)
{
	const struct p2pmem_pair *p = m->notes[i];

	if (m->by_cause)
		say(stdout, "[%zu] %s: for example %s and %s: %s", i + 1,
		    p->cause ? p->cause : "reason", p->region, p->device, p->reason);
	else
		say(stdout, "[%zu] %s", i + 1, p->reason);
	if (p->remedy)
		say(stdout, "remedy: %s", p->remedy);
	if (p->cost && !cost_was_said(m, i))
		say(stdout, "cost:   %s", p->cost);
}

static void print_notes(const struct matrix *m)
{
	if (m->n_notes)
		putchar('\n');
	for (size_t i = 0; i < m->n_notes; i++)
		print_note(m, i);
	if (m->by_cause && m->n_notes)
		puts("Each pair may have a port and a remedy of its own: p2pmemctl explain REGION DEVICE");
}

static int print_matrix(const struct matrix *m, const struct p2pmem_device *devices)
{
	bool grouped = count_groups(m->columns, m->n_columns) < m->n_columns ||
		       count_groups(m->rows, m->n_rows) < m->n_rows;
	int r = print_table(m, devices);

	if (r == 0 && grouped)
		putchar('\n');
	if (r == 0)
		r = print_groups(m->columns, m->n_columns, region_of);
	if (r == 0)
		r = print_groups(m->rows, m->n_rows, device_of);
	if (r == 0)
		print_notes(m);
	return r;
}

static bool is_too_large(const struct matrix *m)
{
	return m->n_columns > COLUMNS_MAX || m->n_rows > ROWS_MAX;
}

int print_pairs(const struct p2pmem_pair *pairs, const struct p2pmem_device *devices, bool all)
{
	_cleanup_(matrix_clear) struct matrix m = {};
	int r = matrix_fill(pairs, false, &m);

	if (r == 0 && !all && is_too_large(&m)) {
		matrix_clear(&m);
		r = matrix_fill(pairs, true, &m);
	}
	if (r == 0)
		r = print_matrix(&m, devices);
	return r < 0 ? no_memory() : STATUS_OK;
}
