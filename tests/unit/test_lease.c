/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/log.h"
#include "daemon/lease.h"
#include "tests/unit/unit.h"

static void lend(struct leases *ls, uint64_t buffer, uint8_t cookie)
{
	struct lease l = { .buffer = buffer, .state = P2PMEM_STATE_LIVE };

	memset(l.cookie, cookie, sizeof(l.cookie));
	assert_int_equal(leases_add(ls, &l), 0);
}

static struct p2pmem_buffer_info buffer(uint64_t id, uint8_t cookie, enum p2pmem_state state)
{
	struct p2pmem_buffer_info b = { .size = sizeof(b), .id = id, .state = state };

	memset(b.cookie, cookie, sizeof(b.cookie));
	return b;
}

static void follows_the_driver(void **state)
{
	struct leases ls = {};
	const struct p2pmem_buffer_info now[] = {
		buffer(1, 0xa, P2PMEM_STATE_DRAINING),
		buffer(3, 0xc, P2PMEM_STATE_LIVE),
		buffer(4, 0xd, P2PMEM_STATE_LIVE),
	};

	lend(&ls, 1, 0xa);
	lend(&ls, 2, 0xb);
	lend(&ls, 3, 0xc);
	leases_refresh(&ls, now, ARRAY_SIZE(now));
	assert_int_equal(ls.n, 2);
	assert_int_equal(ls.list[0].buffer, 1);
	assert_int_equal(ls.list[0].state, P2PMEM_STATE_DRAINING);
	assert_int_equal(ls.list[1].buffer, 3);
	leases_refresh(&ls, NULL, 0);
	assert_int_equal(ls.n, 0);
	leases_done(&ls);
}

/* Numbers begin anew when the module is loaded again; cookies do not come twice. */
static void goes_by_the_cookie(void **state)
{
	struct leases ls = {};
	const struct p2pmem_buffer_info other = buffer(1, 0xb, P2PMEM_STATE_LIVE);

	lend(&ls, 1, 0xa);
	leases_refresh(&ls, &other, 1);
	assert_int_equal(ls.n, 0);
	leases_done(&ls);
}

/* However leases come and go, the list has room for the next. */
static void grows_and_shrinks(void **state)
{
	struct leases ls = {};

	for (unsigned int round = 0; round < 40; round++) {
		struct p2pmem_buffer_info kept[40];
		size_t n = 0;

		for (unsigned int i = 0; i <= round; i++)
			lend(&ls, 1000 * round + i + 1, (uint8_t)i);
		for (size_t i = 0; i < ls.n && n < (round * 7) % 13; i++, n++)
			kept[n] =
				buffer(ls.list[i].buffer, ls.list[i].cookie[0], P2PMEM_STATE_LIVE);
		leases_refresh(&ls, kept, n);
		assert_int_equal(ls.n, n);
	}
	leases_done(&ls);
}

/* Tenants may hold as many as there are pages: looking for each among all would take minutes. */
static void keeps_many(void **state)
{
	const size_t n = 1 << 19;
	struct p2pmem_buffer_info *now = calloc(n / 2, sizeof(*now));
	struct leases ls = {};

	assert_non_null(now);
	for (size_t i = 0; i < n; i++)
		lend(&ls, i + 1, (uint8_t)i);
	for (size_t i = 0; i < n / 2; i++)
		now[i] = buffer(2 * i + 2, (uint8_t)(2 * i + 1), P2PMEM_STATE_LIVE);
	leases_refresh(&ls, now, n / 2);
	assert_int_equal(ls.n, n / 2);
	for (size_t i = 0; i < ls.n; i++)
		assert_int_equal(ls.list[i].buffer, 2 * i + 2);
	leases_done(&ls);
	free(now);
}

static void names_leases_by_cookie(void **state)
{
	struct lease l = {};
	char id[LEASE_ID_MAX];

	l.cookie[0] = 0x0f;
	l.cookie[15] = 0xa0;
	assert_string_equal(lease_id(&l, id), "0f0000000000000000000000000000a0");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(follows_the_driver),	  cmocka_unit_test(goes_by_the_cookie),
		cmocka_unit_test(grows_and_shrinks),	  cmocka_unit_test(keeps_many),
		cmocka_unit_test(names_leases_by_cookie),
	};

	log_set_max(LOG_ERR);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
