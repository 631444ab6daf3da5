/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/policy.h"
#include "tests/unit/unit.h"

static const struct policy members = { .has_group = true, .group = 50 };
static const struct policy nobody = {};

static void lends_to_members(void **state)
{
	gid_t groups[] = { 10, 50 };
	const struct peer supplementary = {
		.uid = 1000, .gid = 1000, .groups = groups, .n_groups = 2
	};
	const struct peer primary = { .uid = 1000, .gid = 50 };

	assert_true(policy_may_allocate(&members, &supplementary));
	assert_true(policy_may_allocate(&members, &primary));
}

static void denies_by_default(void **state)
{
	gid_t groups[] = { 0, 10, 51 };
	const struct peer other = { .uid = 1000, .gid = 0, .groups = groups, .n_groups = 3 };
	const struct peer beyond = { .uid = 50, .gid = 1000, .groups = groups, .n_groups = 2 };

	assert_false(policy_may_allocate(&members, &other));
	assert_false(policy_may_allocate(&members, &beyond));
	/* Without the group, its number does not count: 0 is root's. */
	assert_false(policy_may_allocate(&nobody, &other));
}

static void lends_to_root(void **state)
{
	const struct peer root = { .uid = 0, .gid = 0 };

	assert_true(policy_may_allocate(&members, &root));
	assert_true(policy_may_allocate(&nobody, &root));
}

static void shows_own_leases(void **state)
{
	gid_t groups[] = { 50 };
	const struct peer member = { .uid = 1000, .gid = 50, .groups = groups, .n_groups = 1 };
	const struct peer root = { .uid = 0 };

	assert_true(policy_may_see(&members, &member, 1000));
	assert_false(policy_may_see(&members, &member, 1001));
	assert_false(policy_may_see(&members, &member, 0));
	assert_true(policy_may_see(&members, &root, 1000));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lends_to_members),
		cmocka_unit_test(denies_by_default),
		cmocka_unit_test(lends_to_root),
		cmocka_unit_test(shows_own_leases),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
