/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/array.h"
#include "client/matrix.h"

/* More reasons than this nobody reads below a matrix. */
#define NOTES_MAX 8

typedef bool (*same_fn)(const struct p2pmem_pair *a, const struct p2pmem_pair *b);

void matrix_clear(struct matrix *m)
{
	free(m->rows);
	free(m->columns);
	free(m->cells);
	free(m->notes);
	*m = (struct matrix){};
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

static bool same_reason(const struct p2pmem_pair *a, const struct p2pmem_pair *b)
{
	return same_text(a->reason, b->reason) && same_text(a->remedy, b->remedy);
}

static bool same_cause(const struct p2pmem_pair *a, const struct p2pmem_pair *b)
{
	return a->cause && b->cause ? strcmp(a->cause, b->cause) == 0 : same_reason(a, b);
}

/* ---- lines ----------------------------------------------------------- */

/* Pairs come in the order of a list, so the line after the last one found is most often it. */
static int find_line(struct line **lines, size_t *n, const struct p2pmem_pair *p, same_fn same,
		     size_t *at)
{
	struct line new = { .pair = p, .group = *n };

	for (size_t i = 0; i < *n; i++) {
		size_t here = (*at + i) % *n;

		if (same((*lines)[here].pair, p)) {
			*at = here;
			return 0;
		}
	}
	*at = *n;
	return array_push(*lines, *n, new);
}

static int collect_lines(const struct p2pmem_pair *pairs, struct matrix *m)
{
	size_t row = 0, column = 0;

	for (const struct p2pmem_pair *p = pairs; p; p = p->next) {
		if (find_line(&m->columns, &m->n_columns, p, same_region, &column) < 0 ||
		    find_line(&m->rows, &m->n_rows, p, same_device, &row) < 0)
			return -ENOMEM;
		row++;
	}
	return 0;
}

static int fill_cells(const struct p2pmem_pair *pairs, struct matrix *m)
{
	size_t row = 0, column = 0;

	m->cells = calloc(m->n_rows * m->n_columns + 1, sizeof(*m->cells));
	if (!m->cells)
		return -ENOMEM;
	for (const struct p2pmem_pair *p = pairs; p; p = p->next) {
		find_line(&m->columns, &m->n_columns, p, same_region, &column);
		find_line(&m->rows, &m->n_rows, p, same_device, &row);
		m->cells[row * m->n_columns + column] = p;
		row++;
	}
	return 0;
}

const struct p2pmem_pair *matrix_cell(const struct matrix *m, size_t row, size_t column)
{
	return m->cells[row * m->n_columns + column];
}

/* ---- notes ----------------------------------------------------------- */

/* What works needs no explanation at a glance. */
static bool needs_note(const struct p2pmem_pair *p)
{
	bool works = p->verdict == P2PMEM_VERDICT_BUS || p->verdict == P2PMEM_VERDICT_BRIDGE;

	return p->reason && (!works || same_text(p->cause, "kernel_disagrees"));
}

size_t matrix_note(const struct matrix *m, const struct p2pmem_pair *p)
{
	same_fn same = m->by_cause ? same_cause : same_reason;

	if (!needs_note(p))
		return 0;
	for (size_t i = 0; i < m->n_notes; i++)
		if (same(m->notes[i], p))
			return i + 1;
	return 0;
}

/* 1: they are more than anybody reads. */
static int collect_notes(const struct p2pmem_pair *pairs, struct matrix *m)
{
	for (const struct p2pmem_pair *p = pairs; p; p = p->next) {
		if (!needs_note(p) || matrix_note(m, p) > 0)
			continue;
		if (!m->by_cause && m->n_notes == NOTES_MAX)
			return 1;
		if (array_push(m->notes, m->n_notes, p) < 0)
			return -ENOMEM;
	}
	return 0;
}

static int fill_notes(const struct p2pmem_pair *pairs, bool group, struct matrix *m)
{
	int r;

	m->by_cause = group;
	r = collect_notes(pairs, m);
	if (r <= 0)
		return r;
	m->by_cause = true;
	m->n_notes = 0;
	free(m->notes);
	m->notes = NULL;
	return collect_notes(pairs, m);
}

/* ---- groups ---------------------------------------------------------- */

static bool same_cell(const struct matrix *m, const struct p2pmem_pair *a,
		      const struct p2pmem_pair *b)
{
	if (!a || !b)
		return a == b;
	return a->verdict == b->verdict && matrix_note(m, a) == matrix_note(m, b);
}

static bool same_rows(const struct matrix *m, size_t a, size_t b)
{
	for (size_t i = 0; i < m->n_columns; i++)
		if (!same_cell(m, matrix_cell(m, a, i), matrix_cell(m, b, i)))
			return false;
	return true;
}

static bool same_columns(const struct matrix *m, size_t a, size_t b)
{
	for (size_t i = 0; i < m->n_rows; i++)
		if (!same_cell(m, matrix_cell(m, i, a), matrix_cell(m, i, b)))
			return false;
	return true;
}

static void group_lines(const struct matrix *m, struct line *lines, size_t n,
			bool (*same)(const struct matrix *m, size_t a, size_t b))
{
	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j < i; j++)
			if (lines[j].group == j && same(m, i, j)) {
				lines[i].group = j;
				lines[j].more++;
				break;
			}
}

int matrix_fill(const struct p2pmem_pair *pairs, bool group, struct matrix *ret)
{
	struct matrix m = {};

	if (collect_lines(pairs, &m) < 0 || fill_cells(pairs, &m) < 0 ||
	    fill_notes(pairs, group, &m) < 0) {
		matrix_clear(&m);
		return -ENOMEM;
	}
	if (group) {
		group_lines(&m, m.rows, m.n_rows, same_rows);
		group_lines(&m, m.columns, m.n_columns, same_columns);
	}
	*ret = m;
	return 0;
}
