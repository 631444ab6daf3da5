/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/throttle.h"
#include "tests/unit/unit.h"

#define BURST 3

static unsigned int try_often(struct throttle *t, uid_t uid, unsigned int n, uint64_t now)
{
	unsigned int passed = 0;

	for (unsigned int i = 0; i < n; i++)
		passed += throttle_pass(t, uid, 10, now);
	return passed;
}

static void counts_what_is_left_out(void **state)
{
	struct throttle t = { .burst = BURST };
	struct throttle_window w;

	assert_int_equal(try_often(&t, 1000, 10, 100), BURST);
	assert_false(throttle_take(&t, 100, &w));
	assert_false(throttle_take(&t, 99 + THROTTLE_WINDOW_USEC, &w));
	assert_true(throttle_take(&t, 100 + THROTTLE_WINDOW_USEC, &w));
	assert_int_equal(w.uid, 1000);
	assert_int_equal(w.left_out, 10 - BURST);
	assert_int_equal(w.bytes, (10 - BURST) * 10);
	assert_false(throttle_take(&t, 100 + THROTTLE_WINDOW_USEC, &w));
}

static void begins_anew_after_a_window(void **state)
{
	struct throttle t = { .burst = BURST };
	struct throttle_window w;

	assert_int_equal(try_often(&t, 1000, BURST, 100), BURST);
	assert_int_equal(try_often(&t, 1000, BURST, 100 + THROTTLE_WINDOW_USEC), BURST);
	assert_false(throttle_take(&t, UINT64_MAX, &w));
}

/* Or it would never be told of. */
static void keeps_a_window_with_something_to_tell(void **state)
{
	struct throttle t = { .burst = BURST };
	struct throttle_window w;

	try_often(&t, 1000, BURST + 1, 100);
	assert_false(throttle_pass(&t, 1000, 10, 100 + THROTTLE_WINDOW_USEC));
	assert_true(throttle_take(&t, 100 + THROTTLE_WINDOW_USEC, &w));
	assert_int_equal(w.left_out, 2);
	assert_true(throttle_pass(&t, 1000, 10, 100 + THROTTLE_WINDOW_USEC));
}

static void users_do_not_hide_each_other(void **state)
{
	struct throttle t = { .burst = BURST };

	assert_int_equal(try_often(&t, 1000, 100, 100), BURST);
	assert_int_equal(try_often(&t, 1001, 100, 100), BURST);
}

static void many_uids_gain_nothing(void **state)
{
	struct throttle t = { .burst = BURST };
	unsigned int passed = 0;
	uint64_t left_out = 0;
	struct throttle_window w;

	for (uid_t uid = 100000; uid < 101000; uid++)
		passed += try_often(&t, uid, 5, 100);
	assert_int_equal(passed, (THROTTLE_SLOTS + 1) * BURST);
	while (throttle_take(&t, UINT64_MAX, &w))
		left_out += w.left_out;
	assert_int_equal(left_out, 5000 - passed);
	assert_int_equal(w.uid, THROTTLE_OTHERS);
}

static void slots_are_given_on(void **state)
{
	struct throttle t = { .burst = BURST };

	for (uid_t uid = 1; uid <= THROTTLE_SLOTS; uid++)
		assert_true(throttle_pass(&t, uid, 0, 100));
	for (uid_t uid = 1001; uid <= 1000 + THROTTLE_SLOTS; uid++)
		assert_int_equal(try_often(&t, uid, 10, 100 + THROTTLE_WINDOW_USEC), BURST);
}

static void says_when_there_is_something(void **state)
{
	struct throttle t = { .burst = BURST };
	struct throttle_window w;

	assert_true(throttle_next(&t) == UINT64_MAX);
	try_often(&t, 1000, BURST, 100);
	assert_true(throttle_next(&t) == UINT64_MAX);
	try_often(&t, 1001, BURST + 1, 200);
	try_often(&t, 1002, BURST + 1, 150);
	assert_true(throttle_next(&t) == 150 + THROTTLE_WINDOW_USEC);
	while (throttle_take(&t, UINT64_MAX, &w))
		;
	assert_true(throttle_next(&t) == UINT64_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(counts_what_is_left_out),
		cmocka_unit_test(begins_anew_after_a_window),
		cmocka_unit_test(keeps_a_window_with_something_to_tell),
		cmocka_unit_test(users_do_not_hide_each_other),
		cmocka_unit_test(many_uids_gain_nothing),
		cmocka_unit_test(slots_are_given_on),
		cmocka_unit_test(says_when_there_is_something),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
