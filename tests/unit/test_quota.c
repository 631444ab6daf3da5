/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Accounts to the byte, and limits exactly reached. */
#include "common/cleanup.h"
#include "daemon/grant.h"
#include "tests/unit/rules.h"

#define ALL "'regions':['*'],'devices':['*']"
#define MIB (1ULL << 20)

static const struct p2pmem_pci_address here = { .bus = 3 }, there = { .bus = 5 };

static void expect_usage(struct usage u, uint64_t bytes, uint64_t buffers)
{
	assert_int_equal(u.bytes, bytes);
	assert_int_equal(u.buffers, buffers);
}

static void counts_on_every_level(void **state)
{
	struct accounts a = {};
	struct charge c[4] = {};

	assert_int_equal(charge_take(&a, "group:x", 1, &here, 100, &c[0]), 0);
	assert_int_equal(charge_take(&a, "group:x", 2, &here, 10, &c[1]), 0);
	assert_int_equal(charge_take(&a, "uid:1", 1, &here, 1, &c[2]), 0);
	assert_int_equal(charge_take(&a, "group:x", 1, &there, 1000, &c[3]), 0);
	expect_usage(accounts_region(&a, &here), 111, 3);
	expect_usage(accounts_tenant(&a, &here, "group:x"), 110, 2);
	expect_usage(accounts_tenant(&a, &here, "uid:1"), 1, 1);
	expect_usage(accounts_uid(&a, &here, "group:x", 1), 100, 1);
	expect_usage(accounts_uid(&a, &here, "group:x", 2), 10, 1);
	expect_usage(accounts_uid(&a, &there, "group:x", 1), 1000, 1);
	/* No account takes the place of another. */
	expect_usage(accounts_tenant(&a, &here, ""), 0, 0);
	expect_usage(accounts_tenant(&a, &here, "group:"), 0, 0);
	expect_usage(accounts_uid(&a, &here, "group:x", 0), 0, 0);

	charge_release(&c[0]);
	charge_release(&c[0]);
	expect_usage(accounts_region(&a, &here), 11, 2);
	expect_usage(accounts_tenant(&a, &here, "group:x"), 10, 1);
	expect_usage(accounts_uid(&a, &here, "group:x", 1), 0, 0);
	for (size_t i = 1; i < ARRAY_SIZE(c); i++)
		charge_release(&c[i]);
	assert_null(a.tree);
}

/* Many, in an order that has nothing to do with that of their end; a sum kept beside them agrees. */
static void keeps_many(void **state)
{
	static struct charge charges[5000];
	struct accounts a = {};
	uint64_t sum = 0;
	char tenant[16];

	for (unsigned int i = 0; i < ARRAY_SIZE(charges); i++) {
		snprintf(tenant, sizeof(tenant), "uid:%u", i % 97);
		assert_int_equal(
			charge_take(&a, tenant, i % 89, i % 2 ? &here : &there, i, &charges[i]), 0);
		sum += i % 2 ? i : 0;
	}
	for (unsigned int n = 0; n < ARRAY_SIZE(charges); n++) {
		unsigned int i = n * 3001 % ARRAY_SIZE(charges);

		assert_int_equal(accounts_region(&a, &here).bytes, sum);
		sum -= i % 2 ? i : 0;
		charge_release(&charges[i]);
	}
	assert_null(a.tree);
}

/* ---- grants ---------------------------------------------------------- */

static const struct peer alice = { .uid = 1000, .gid = 50 };
static const struct peer bob = { .uid = 1001, .gid = 50 };

static struct grant grant(const struct policy *p, const struct accounts *a, size_t rule,
			  const struct peer *who, uint64_t size, uint64_t free)
{
	const struct grant_pool pool = { size, free };
	struct grant g;

	grant_new(p, a, &p->rules[rule], who, &here, NULL, &pool, &g);
	return g;
}

static void expect_short(const struct grant *g, const struct accounts *a, uint64_t bytes,
			 struct shortage expected)
{
	struct shortage s;

	assert_int_equal(grant_is_short(g, a, bytes, &s), expected.what != SHORT_OF_NOTHING);
	assert_string_equal(shortage_name(s.what), shortage_name(expected.what));
	if (expected.what == SHORT_OF_NOTHING)
		return;
	assert_int_equal(s.limit, expected.limit);
	assert_int_equal(s.used, expected.used);
	assert_int_equal(s.asked, expected.asked);
}

#define NOTHING ((struct shortage){ SHORT_OF_NOTHING })

static void allows_up_to_the_limit(void **state)
{
	_cleanup_(policy_done) struct policy p = {};
	struct accounts a = {};
	struct charge c, d;
	struct grant g;

	rules_make("{'name':'a','who':{'group':50}," ALL ",'limits':{'bytes':'50%',"
		   "'perUid':{'bytes':'25%'}}}",
		   &p);
	g = grant(&p, &a, 0, &alice, 64 * MIB, 64 * MIB);
	assert_string_equal(g.tenant, "group:50");
	assert_int_equal(grant_most(&g, &a), 16 * MIB);
	expect_short(&g, &a, 16 * MIB, NOTHING);
	expect_short(&g, &a, 16 * MIB + 1,
		     (struct shortage){ SHORT_OF_UID_BYTES, 16 * MIB, 0, 16 * MIB + 1 });
	assert_int_equal(charge_take(&a, g.tenant, g.uid, &here, 16 * MIB, &c), 0);
	assert_int_equal(grant_most(&g, &a), 0);
	expect_short(&g, &a, 1, (struct shortage){ SHORT_OF_UID_BYTES, 16 * MIB, 16 * MIB, 1 });

	/* The other one's share is not touched, and the group's counts for both. */
	g = grant(&p, &a, 0, &bob, 64 * MIB, 48 * MIB);
	assert_int_equal(grant_most(&g, &a), 16 * MIB);
	assert_int_equal(charge_take(&a, g.tenant, 1002, &here, 16 * MIB - 4096, &d), 0);
	assert_int_equal(grant_most(&g, &a), 4096);
	expect_short(&g, &a, 4096, NOTHING);
	expect_short(&g, &a, 4097,
		     (struct shortage){ SHORT_OF_BYTES, 32 * MIB, 32 * MIB - 4096, 4097 });
	charge_release(&c);
	charge_release(&d);
	assert_int_equal(grant_most(&g, &a), 16 * MIB);
}

static void counts_regions_apart(void **state)
{
	_cleanup_(policy_done) struct policy p = {};
	struct accounts a = {};
	struct charge c;
	struct grant g;

	rules_make("{'name':'a','who':{'group':50}," ALL ",'limits':{'bytes':8192}}", &p);
	assert_int_equal(charge_take(&a, "group:50", 1000, &there, 8192, &c), 0);
	g = grant(&p, &a, 0, &alice, MIB, MIB);
	assert_int_equal(grant_most(&g, &a), 8192);
	charge_release(&c);
}

static void limits_buffers_and_their_size(void **state)
{
	_cleanup_(policy_done) struct policy p = {};
	struct accounts a = {};
	struct charge c[2];
	struct grant g;

	rules_make("{'name':'a','who':{'group':50}," ALL ",'limits':{'buffers':2,'largest':8192,"
		   "'perUid':{'buffers':1}}}",
		   &p);
	g = grant(&p, &a, 0, &alice, MIB, MIB);
	assert_int_equal(grant_most(&g, &a), 8192);
	expect_short(&g, &a, 8193, (struct shortage){ SHORT_OF_LARGEST, 8192, 0, 8193 });
	assert_int_equal(charge_take(&a, g.tenant, 1000, &here, 1, &c[0]), 0);
	assert_int_equal(grant_most(&g, &a), 0);
	expect_short(&g, &a, 1, (struct shortage){ SHORT_OF_UID_BUFFERS, 1, 1, 1 });
	g = grant(&p, &a, 0, &bob, MIB, MIB);
	expect_short(&g, &a, 1, NOTHING);
	assert_int_equal(charge_take(&a, g.tenant, 7, &here, 1, &c[1]), 0);
	expect_short(&g, &a, 1, (struct shortage){ SHORT_OF_BUFFERS, 2, 2, 1 });
	charge_release(&c[0]);
	charge_release(&c[1]);
}

/* A limit that was lowered below what is held: nothing more, and no wrap around. */
static void survives_lowered_limits(void **state)
{
	_cleanup_(policy_done) struct policy p = {};
	struct accounts a = {};
	struct charge c;
	struct grant g;

	rules_make("{'name':'a','who':{'group':50}," ALL ",'limits':{'bytes':4096,'buffers':0}}",
		   &p);
	assert_int_equal(charge_take(&a, "group:50", 1000, &here, MIB, &c), 0);
	g = grant(&p, &a, 0, &alice, MIB, 0);
	assert_int_equal(grant_most(&g, &a), 0);
	expect_short(&g, &a, UINT64_MAX,
		     (struct shortage){ SHORT_OF_BYTES, 4096, MIB, UINT64_MAX });
	charge_release(&c);
}

static void does_not_overflow(void **state)
{
	_cleanup_(policy_done) struct policy p = {};
	struct accounts a = {};
	struct charge c;
	struct grant g;

	rules_make(
		"{'name':'a','who':{'group':50}," ALL ",'limits':{'bytes':9223372036854775807}},"
		"{'name':'b','who':{'user':7}," ALL ",'limits':{'reserved':9223372036854775807}},"
		"{'name':'c','who':{'user':8}," ALL ",'limits':{'reserved':9223372036854775807}},"
		"{'name':'d','who':{'user':9}," ALL ",'limits':{'reserved':9223372036854775807}}",
		&p);
	assert_int_equal(charge_take(&a, "group:50", 1000, &here, INT64_MAX, &c), 0);
	g = grant(&p, &a, 0, &alice, INT64_MAX, INT64_MAX);
	expect_short(&g, &a, 1, (struct shortage){ SHORT_OF_BYTES, INT64_MAX, INT64_MAX, 1 });
	charge_release(&c);
	/* Three such reservations are more than 64 bits hold. */
	assert_int_equal(g.kept, UINT64_MAX);
	expect_short(&g, &a, 1, (struct shortage){ SHORT_OF_UNRESERVED, 0, 0, 1 });
}

static void keeps_reservations(void **state)
{
	_cleanup_(policy_done) struct policy p = {};
	struct accounts a = {};
	struct charge c;
	struct grant g;

	rules_make("{'name':'all','who':{'group':50}," ALL "},"
		   "{'name':'db','who':{'unit':'db.service'}," ALL ",'limits':{'reserved':'25%'}},"
		   "{'name':'db2','who':{'unit':'db.service'}," ALL ",'limits':{'reserved':'50%'}},"
		   "{'name':'far','who':{'user':8},'regions':['05:00.0'],'devices':['*'],"
		   "'limits':{'reserved':'100%'}}",
		   &p);
	g = grant(&p, &a, 0, &alice, 64 * MIB, 40 * MIB);
	assert_int_equal(g.kept, 16 * MIB);
	expect_short(&g, &a, 24 * MIB, NOTHING);
	expect_short(&g, &a, 24 * MIB + 1,
		     (struct shortage){ SHORT_OF_UNRESERVED, 24 * MIB, 0, 24 * MIB + 1 });
	/* For whom it is reserved, it is not in the way. */
	g = grant(&p, &a, 1, &alice, 64 * MIB, 40 * MIB);
	assert_int_equal(g.kept, 0);
	assert_int_equal(grant_most(&g, &a), LIMIT_NONE);
	/* What is used of it is kept no longer. */
	assert_int_equal(charge_take(&a, "unit:db.service", 3, &here, 10 * MIB, &c), 0);
	g = grant(&p, &a, 0, &alice, 64 * MIB, 30 * MIB);
	assert_int_equal(g.kept, 6 * MIB);
	charge_release(&c);
	g = grant(&p, &a, 0, &alice, 64 * MIB, 10 * MIB);
	assert_int_equal(grant_most(&g, &a), 0);
}

static void binds_root_by_nothing(void **state)
{
	_cleanup_(policy_done) struct policy p = {};
	const struct grant_pool pool = { MIB, 0 };
	const struct peer root = {};
	struct accounts a = {};
	struct grant g;

	rules_make("{'name':'db','who':{'user':7}," ALL ",'limits':{'reserved':'100%'}}", &p);
	grant_new(&p, &a, NULL, &root, &here, NULL, &pool, &g);
	assert_string_equal(g.tenant, "uid:0");
	assert_string_equal(g.rule_name, "(root)");
	assert_int_equal(grant_most(&g, &a), LIMIT_NONE);
	expect_short(&g, &a, INT64_MAX, NOTHING);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(counts_on_every_level),
		cmocka_unit_test(keeps_many),
		cmocka_unit_test(allows_up_to_the_limit),
		cmocka_unit_test(counts_regions_apart),
		cmocka_unit_test(limits_buffers_and_their_size),
		cmocka_unit_test(survives_lowered_limits),
		cmocka_unit_test(does_not_overflow),
		cmocka_unit_test(keeps_reservations),
		cmocka_unit_test(binds_root_by_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
