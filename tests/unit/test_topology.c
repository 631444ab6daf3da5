/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>

#include "common/pci.h"
#include "daemon/candidate.h"
#include "topology/topology.h"
#include "tests/unit/unit.h"

static struct p2pmem_pci_address at(const char *text)
{
	struct p2pmem_pci_address a;

	assert_int_equal(pci_address_parse(text, &a), 0);
	return a;
}

static void sorts_candidates(void **state)
{
	const struct p2pmem_region_info r[] = {
		{ .region = 0 }, { .region = 1 }, { .region = 2 }, { .region = 3 }, { .region = 4 }
	};
	struct candidate c[] = {
		{ .region = &r[0], .distance = 8, .free = 900 },
		{ .region = &r[1], .distance = 4, .free = 100 },
		{ .region = &r[4], .distance = 4, .free = 200 },
		{ .region = &r[3], .distance = 4, .free = 200 },
		{ .region = &r[2], .distance = 0, .free = 0 },
	};
	const unsigned int expected[] = { 2, 3, 4, 1, 0 };

	candidates_sort(c, ARRAY_SIZE(c));
	for (size_t i = 0; i < ARRAY_SIZE(c); i++)
		assert_int_equal(c[i].region->region, expected[i]);
	candidates_sort(NULL, 0);
}

static void finds_common(void **state)
{
	struct topology_function port = { .address = at("00:01.0") };
	struct topology_function up = { .address = at("01:00.0"), .parent = &port };
	struct topology_function a = { .address = at("03:00.0"), .parent = &up };
	struct topology_function b = { .address = at("04:00.0"), .parent = &up };
	struct topology_function apart = { .address = at("05:00.0") };

	assert_ptr_equal(topology_common(&a, &b), &up);
	assert_ptr_equal(topology_common(&a, &a), &a);
	assert_ptr_equal(topology_common(&a, &port), &port);
	assert_null(topology_common(&a, &apart));
}

static void names_verdicts(void **state)
{
	enum p2pmem_verdict v;

	for (unsigned int i = 0; i <= P2PMEM_VERDICT_BUS; i++) {
		assert_int_equal(verdict_parse(verdict_name((enum p2pmem_verdict)i), &v), 0);
		assert_int_equal(v, i);
	}
	assert_int_equal(verdict_parse("Bus", &v), -EINVAL);
	assert_int_equal(verdict_parse("", &v), -EINVAL);
	/* A newer driver's verdict is not trusted. */
	assert_string_equal(verdict_name((enum p2pmem_verdict)99), "unknown");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sorts_candidates),
		cmocka_unit_test(finds_common),
		cmocka_unit_test(names_verdicts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
