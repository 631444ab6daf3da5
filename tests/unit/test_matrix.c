/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Pairs in rows and columns, and what is put together. */
#include "client/matrix.h"
#include "tests/unit/unit.h"

#define REGIONS 4
#define DEVICES 6

struct world {
	struct p2pmem_pair pairs[REGIONS * DEVICES];
	char names[REGIONS + DEVICES][8];
	char reasons[REGIONS * DEVICES][32];
};

/* Devices reach the regions of their own half; each other pair has a reason of its own. */
static void make(struct world *w)
{
	*w = (struct world){};
	for (size_t i = 0; i < REGIONS + DEVICES; i++)
		snprintf(w->names[i], sizeof(w->names[i]), "n%zu", i);
	for (size_t i = 0; i < REGIONS * DEVICES; i++) {
		size_t region = i / DEVICES, device = i % DEVICES;
		bool near = region % 2 == device % 2;

		snprintf(w->reasons[i], sizeof(w->reasons[i]), "reason %zu", i);
		w->pairs[i] = (struct p2pmem_pair){
			.region = w->names[region],
			.provider = w->names[region],
			.device = w->names[REGIONS + device],
			.verdict = near ? P2PMEM_VERDICT_BUS : P2PMEM_VERDICT_UNSUPPORTED,
			.cause = near ? "common_bridge" : "acs_redirect",
			.reason = w->reasons[i],
		};
		if (i > 0)
			w->pairs[i - 1].next = &w->pairs[i];
	}
}

static void has_every_pair_in_its_place(void **state)
{
	struct matrix m;
	struct world w;

	make(&w);
	assert_int_equal(matrix_fill(w.pairs, false, &m), 0);
	assert_int_equal(m.n_rows, DEVICES);
	assert_int_equal(m.n_columns, REGIONS);
	for (size_t i = 0; i < REGIONS * DEVICES; i++)
		assert_ptr_equal(matrix_cell(&m, i % DEVICES, i / DEVICES), &w.pairs[i]);
	for (size_t i = 0; i < m.n_rows; i++)
		assert_true(m.rows[i].group == i && m.rows[i].more == 0);
	/* A dozen reasons are more than anybody reads, and all of one cause. */
	assert_true(m.by_cause);
	assert_int_equal(m.n_notes, 1);
	matrix_clear(&m);
}

static void puts_equal_ones_together(void **state)
{
	struct matrix m;
	struct world w;

	make(&w);
	assert_int_equal(matrix_fill(w.pairs, true, &m), 0);
	for (size_t i = 0; i < m.n_rows; i++)
		assert_int_equal(m.rows[i].group, i % 2);
	for (size_t i = 0; i < m.n_columns; i++)
		assert_int_equal(m.columns[i].group, i % 2);
	assert_int_equal(m.rows[0].more, DEVICES / 2 - 1);
	assert_int_equal(m.columns[1].more, REGIONS / 2 - 1);
	matrix_clear(&m);
}

static void tells_different_ones_apart(void **state)
{
	struct matrix m;
	struct world w;

	make(&w);
	/* Another verdict for one device, another cause for another one. */
	w.pairs[2].verdict = P2PMEM_VERDICT_BRIDGE;
	w.pairs[3].cause = "host_bridge_not_listed";
	assert_int_equal(matrix_fill(w.pairs, true, &m), 0);
	assert_int_equal(m.rows[2].group, 2);
	assert_int_equal(m.rows[3].group, 3);
	assert_int_equal(m.rows[4].group, 0);
	assert_int_equal(m.columns[0].group, 0);
	assert_int_equal(m.columns[2].group, 2);
	matrix_clear(&m);
}

static void explains_what_does_not_work(void **state)
{
	struct matrix m;
	struct world w;

	make(&w);
	w.pairs[2].next = NULL;
	assert_int_equal(matrix_fill(w.pairs, false, &m), 0);
	assert_false(m.by_cause);
	assert_int_equal(matrix_note(&m, &w.pairs[0]), 0);
	assert_int_equal(matrix_note(&m, &w.pairs[1]), 1);
	matrix_clear(&m);
	/* What works is explained if that is odd. */
	w.pairs[0].cause = "kernel_disagrees";
	assert_int_equal(matrix_fill(w.pairs, false, &m), 0);
	assert_int_equal(matrix_note(&m, &w.pairs[0]), 1);
	assert_int_equal(matrix_note(&m, &w.pairs[1]), 2);
	matrix_clear(&m);
}

/* Two lists at different times need not have all of them. */
static void leaves_gaps(void **state)
{
	struct matrix m;
	struct world w;

	make(&w);
	w.pairs[DEVICES].next = &w.pairs[DEVICES + 2];
	assert_int_equal(matrix_fill(w.pairs, true, &m), 0);
	assert_null(matrix_cell(&m, 1, 1));
	assert_int_equal(m.rows[1].group, 1);
	assert_int_equal(m.rows[3].group, 3);
	matrix_clear(&m);
	assert_int_equal(matrix_fill(NULL, true, &m), 0);
	assert_int_equal(m.n_rows, 0);
	matrix_clear(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(has_every_pair_in_its_place),
		cmocka_unit_test(puts_equal_ones_together),
		cmocka_unit_test(tells_different_ones_apart),
		cmocka_unit_test(explains_what_does_not_work),
		cmocka_unit_test(leaves_gaps),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
