/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Percentiles, against a sorted list of the same values. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <cmocka.h>

#include "client/durations.h"

static void nothing_has_no_value(void **state)
{
	static struct durations h;

	assert_int_equal(durations_value(&h, 500), 0);
	assert_int_equal(durations_value(&h, 1000), 0);
}

static void one_is_all(void **state)
{
	static const uint64_t values[] = { 0, 1, 31, 32, 33, 1000, 1234567, UINT64_MAX };

	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		struct durations *h = calloc(1, sizeof(*h));

		durations_add(h, values[i]);
		for (unsigned int p = 0; p <= 1000; p += 250)
			assert_true(durations_value(h, p) == values[i]);
		free(h);
	}
}

static int compare(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static void values_are_near(void **state)
{
	enum {
		N = 5000
	};
	static const unsigned int asked[] = { 1, 500, 900, 990, 999, 1000 };
	static struct durations h, part;
	static uint64_t values[N];
	uint64_t exact, got;

	srand(1);
	for (size_t i = 0; i < N; i++) {
		values[i] = (uint64_t)rand() >> (rand() % 31);
		durations_add(i % 2 ? &h : &part, values[i]);
	}
	durations_merge(&h, &part);
	assert_int_equal(h.count, N);
	qsort(values, N, sizeof(values[0]), compare);
	assert_int_equal(h.max, values[N - 1]);
	for (size_t i = 0; i < sizeof(asked) / sizeof(asked[0]); i++) {
		exact = values[(N * asked[i] + 999) / 1000 - 1];
		got = durations_value(&h, asked[i]);
		assert_true(got >= exact && got <= exact + exact / DURATIONS_PARTS);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_has_no_value),
		cmocka_unit_test(one_is_all),
		cmocka_unit_test(values_are_near),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
