/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>

#include "daemon/lease.h"
#include "tests/unit/unit.h"

static struct lease *lend(struct leases *ls, uint64_t buffer)
{
	struct lease *l = calloc(1, sizeof(*l));

	assert_non_null(l);
	l->buffer = buffer;
	l->state = P2PMEM_STATE_LIVE;
	memcpy(l->cookie, &buffer, sizeof(buffer));
	assert_int_equal(leases_add(ls, l), 0);
	return l;
}

static struct lease *find(const struct leases *ls, uint64_t buffer)
{
	uint8_t cookie[P2PMEM_COOKIE_SIZE] = {};

	memcpy(cookie, &buffer, sizeof(buffer));
	return leases_find(ls, cookie);
}

static void finds_leases(void **state)
{
	struct leases ls = {};
	struct lease *a, *b;

	assert_null(find(&ls, 1));
	a = lend(&ls, 1);
	/* In the same place of the index. */
	b = lend(&ls, 1 + (1 << 20));
	assert_ptr_equal(find(&ls, 1), a);
	assert_ptr_equal(find(&ls, 1 + (1 << 20)), b);
	assert_null(find(&ls, 2));
	leases_remove(&ls, a);
	assert_null(find(&ls, 1));
	assert_ptr_equal(find(&ls, 1 + (1 << 20)), b);
	leases_done(&ls);
}

static void takes_a_cookie_once(void **state)
{
	struct lease l = { .cookie = { 7 } };
	struct leases ls = {};

	lend(&ls, 7);
	assert_int_equal(leases_add(&ls, &l), -EEXIST);
	assert_int_equal(ls.n, 1);
	leases_done(&ls);
}

/* In the order they were lent, whichever of them end. */
static void keeps_order(void **state)
{
	static const uint64_t left[] = { 2, 3, 5 };
	struct leases ls = {};
	size_t n = 0;

	for (uint64_t i = 1; i <= 6; i++)
		lend(&ls, i);
	leases_remove(&ls, find(&ls, 1));
	leases_remove(&ls, find(&ls, 4));
	leases_remove(&ls, find(&ls, 6));
	for (const struct lease *l = ls.first; l; l = l->next)
		assert_int_equal(l->buffer, left[n++]);
	assert_int_equal(n, ARRAY_SIZE(left));
	for (const struct lease *l = ls.last; l; l = l->previous)
		assert_int_equal(l->buffer, left[--n]);
	assert_int_equal(ls.n, 3);
	leases_done(&ls);
	assert_null(ls.first);
}

/* Looking for each among all would take minutes. */
static void keeps_many(void **state)
{
	const uint64_t n = 1 << 19;
	struct leases ls = {};

	for (uint64_t i = 0; i < n; i++)
		lend(&ls, i + 1);
	for (uint64_t i = 0; i < n; i += 2)
		leases_remove(&ls, find(&ls, i + 1));
	assert_int_equal(ls.n, n / 2);
	for (uint64_t i = 0; i < n; i++)
		assert_int_equal(!!find(&ls, i + 1), i % 2);
	leases_done(&ls);
}

static void knows_its_buffer(void **state)
{
	struct p2pmem_buffer_info now[] = { { .id = 1 }, { .id = 3 }, { .id = 4 } };
	struct lease l = { .buffer = 3 };

	assert_ptr_equal(lease_buffer(&l, now, 3), &now[1]);
	l.buffer = 2;
	assert_null(lease_buffer(&l, now, 3));
	assert_null(lease_buffer(&l, NULL, 0));
	/* Numbers begin anew when the module is loaded again. */
	l.buffer = 3;
	l.cookie[15] = 1;
	assert_null(lease_buffer(&l, now, 3));
}

static void only_advances(void **state)
{
	struct lease l = { .state = P2PMEM_STATE_LIVE };

	lease_advance(&l, P2PMEM_STATE_REVOKED);
	lease_advance(&l, P2PMEM_STATE_NOTICE);
	assert_int_equal(l.state, P2PMEM_STATE_REVOKED);
	lease_advance(&l, 99);
	assert_int_equal(l.state, P2PMEM_STATE_REVOKED);
	lease_advance(&l, P2PMEM_STATE_DRAINING);
	assert_int_equal(l.state, P2PMEM_STATE_DRAINING);
}

static void names_leases_by_cookie(void **state)
{
	struct lease l = {};
	uint8_t parsed[P2PMEM_COOKIE_SIZE];
	char id[LEASE_ID_MAX];

	l.cookie[0] = 0x0f;
	l.cookie[15] = 0xa0;
	assert_string_equal(lease_id(&l, id), "0f0000000000000000000000000000a0");
	assert_true(lease_id_parse(id, parsed));
	assert_memory_equal(parsed, l.cookie, sizeof(parsed));
}

static void refuses_other_names(void **state)
{
	static const char *const bad[] = {
		"",
		"0f",
		"0F0000000000000000000000000000a0",
		"0f0000000000000000000000000000a",
		"0f0000000000000000000000000000a00",
		"0f0000000000000000000000000000ag",
		"../../../../../../../../etc/shad",
		" f0000000000000000000000000000a0",
	};
	uint8_t parsed[P2PMEM_COOKIE_SIZE];

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_false(lease_id_parse(bad[i], parsed));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_leases),
		cmocka_unit_test(takes_a_cookie_once),
		cmocka_unit_test(keeps_order),
		cmocka_unit_test(keeps_many),
		cmocka_unit_test(knows_its_buffer),
		cmocka_unit_test(only_advances),
		cmocka_unit_test(names_leases_by_cookie),
		cmocka_unit_test(refuses_other_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
