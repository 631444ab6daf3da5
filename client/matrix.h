/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Pairs as a matrix: a row per device, a column per region, in the order in
 * which they come. Devices that reach the same regions, and regions that the
 * same devices reach, can be put together: behind 64 drives on four switches
 * there are four kinds of each. No I/O.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <p2pmem/libp2pmem.h>

/* One row or column: what it stands for, and which it is put together with. */
struct line {
	const struct p2pmem_pair *pair; /* one of them */
	size_t group; /* the first of its group */
	size_t more; /* of the first: how many others are in it */
};

struct matrix {
	struct line *rows;
	size_t n_rows;
	struct line *columns;
	size_t n_columns;
	const struct p2pmem_pair **cells; /* row by row; NULL: no such pair */
	const struct p2pmem_pair **notes; /* one pair for each thing to be explained below */
	size_t n_notes;
	bool by_cause; /* a note stands for all of one cause, not for one reason */
};

/* @group: put equal lines together. -ENOMEM. */
int matrix_fill(const struct p2pmem_pair *pairs, bool group, struct matrix *ret);
void matrix_clear(struct matrix *m);

const struct p2pmem_pair *matrix_cell(const struct matrix *m, size_t row, size_t column);

/* The number of the pair's note, from 1; 0: there is nothing to explain. */
size_t matrix_note(const struct matrix *m, const struct p2pmem_pair *p);
