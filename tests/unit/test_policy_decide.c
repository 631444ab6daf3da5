/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Whom rules name, what they cover, and which of them decides. */
#include "common/cleanup.h"
#include "policy/policy.h"
#include "tests/unit/rules.h"

#define ALL "'regions':['*'],'devices':['*']"

static const struct object near_drive = { { .bus = 3 }, "cmb0" };
static const struct object far_drive = { { .bus = 6 }, "far2" };
static const struct object nameless = { { .bus = 7 }, NULL };

static const char *decide(const struct policy *p, const struct peer *who,
			  const struct object *region, const struct object *device)
{
	const struct policy_question q = { who, *region, device, device ? 1 : 0 };
	const struct policy_rule *rule = policy_decide(p, &q);

	return rule ? rule->name : "none";
}

/* Who is named by the rule "r" for @who_json. */
static bool names(const char *who_json, const struct peer *who)
{
	_cleanup_(policy_done) struct policy p = {};
	char text[256];

	snprintf(text, sizeof(text), "{'name':'r','who':%s," ALL "}", who_json);
	rules_make(text, &p);
	assert_int_equal(policy_names(&p, who),
			 strcmp(decide(&p, who, &near_drive, NULL), "r") == 0);
	return policy_names(&p, who);
}

static struct peer in_cgroup(uid_t uid, const char *path)
{
	struct peer p = { .uid = uid, .gid = uid };

	assert_int_equal(peer_set_cgroup(&p, path), 0);
	return p;
}

static void denies_by_default(void **state)
{
	const struct policy nothing = {};
	const struct peer alice = { .uid = 1000, .gid = 50 }, root = {};

	assert_false(policy_names(&nothing, &alice));
	assert_string_equal(decide(&nothing, &alice, &near_drive, NULL), "none");
	assert_false(policy_may_administer(&nothing, &alice));
	assert_true(policy_is_unlimited(&root));
	assert_false(policy_is_unlimited(&alice));
	assert_true(policy_may_administer(&nothing, &root));
}

static void names_users(void **state)
{
	_cleanup_(peer_done) struct peer subordinate =
		in_cgroup(100999, "/user.slice/user-1000.slice/x");
	const struct peer alice = { .uid = 1000 }, bob = { .uid = 1001, .gid = 1000 };

	assert_true(names("{'user':'alice'}", &alice));
	assert_true(names("{'user':1000}", &alice));
	assert_true(names("{'user':'1000'}", &alice));
	assert_false(names("{'user':'alice'}", &bob));
	assert_false(names("{'user':'alice'}", &subordinate));
}

static void names_groups(void **state)
{
	gid_t groups[] = { 7, 50 }, others[] = { 0, 49, 51 };
	const struct peer primary = { .uid = 1, .gid = 50 };
	const struct peer supplementary = { .uid = 1, .gid = 1, .groups = groups, .n_groups = 2 };
	const struct peer other = { .uid = 50, .gid = 1, .groups = others, .n_groups = 3 };

	assert_true(names("{'group':'members'}", &primary));
	assert_true(names("{'group':50}", &supplementary));
	assert_false(names("{'group':'members'}", &other));
}

static void names_units_and_cgroups(void **state)
{
	_cleanup_(peer_done) struct peer service = in_cgroup(1, "/system.slice/backup.service/x");
	_cleanup_(peer_done) struct peer user = in_cgroup(
		1000, "/user.slice/user-1000.slice/user@1000.service/app.slice/backup.service");
	const struct peer nowhere = { .uid = 1 };

	assert_true(names("{'unit':'backup.service'}", &service));
	assert_false(names("{'unit':'backup.service'}", &user));
	assert_false(names("{'unit':'backup.service'}", &nowhere));
	assert_true(names("{'cgroup':'/system.slice'}", &service));
	assert_true(names("{'cgroup':'/*/backup.service'}", &service));
	assert_false(names("{'cgroup':'/*/*/*/*/backup.service'}", &user));
	assert_true(names("{'cgroup':'/user.slice/user-1000.slice'}", &user));
	assert_false(names("{'cgroup':'/*'}", &nowhere));
}

/* The name of a rule for somebody who is not there must not come to stand for uid 0, or anybody. */
static void unknown_names_are_nobody(void **state)
{
	_cleanup_(mistakes_done) struct mistakes m = {};
	_cleanup_(policy_done) struct policy p = {};
	const struct peer zero = { .uid = 0, .gid = 0 }, other = { .uid = 50, .gid = 50 };
	const struct policy_question q = { .who = &zero, .region = near_drive };

	rules_parse("{'rules':[{'name':'a','who':{'user':'gone'}," ALL "},"
		    "{'name':'b','who':{'group':'gone'}," ALL "}]}",
		    &p, &m);
	assert_int_equal(m.n_errors, 0);
	assert_int_equal(p.n, 2);
	assert_false(policy_names(&p, &zero));
	assert_false(policy_names(&p, &other));
	assert_int_equal(policy_try(&p.rules[0], &q), RULE_NAMES_NOBODY);
}

static void names_nobody_that_is_lost(void **state)
{
	const struct peer lost = { .uid = 1000, .gid = 50, .lost = true };

	assert_false(names("{'user':1000}", &lost));
	assert_false(names("{'group':50}", &lost));
}

static void first_that_covers_decides(void **state)
{
	_cleanup_(policy_done) struct policy p = {};
	const struct peer alice = { .uid = 1000, .gid = 50 };

	rules_make(
		"{'name':'other','who':{'user':5}," ALL "},"
		"{'name':'ops','who':{'user':1000},'administer':true},"
		"{'name':'far','who':{'user':1000},'regions':['0000:06:00.0'],'devices':['*']},"
		"{'name':'near','who':{'user':1000},'regions':['cmb0'],'devices':['cmb0','far2']},"
		"{'name':'rest','who':{'group':50}," ALL "}",
		&p);
	assert_string_equal(decide(&p, &alice, &far_drive, &near_drive), "far");
	assert_string_equal(decide(&p, &alice, &near_drive, &far_drive), "near");
	assert_string_equal(decide(&p, &alice, &near_drive, &nameless), "rest");
	assert_string_equal(decide(&p, &alice, &nameless, &nameless), "rest");
}

static void covers_all_devices_or_none(void **state)
{
	_cleanup_(policy_done) struct policy p = {};
	const struct peer alice = { .uid = 1000 };
	const struct object both[] = { near_drive, far_drive };
	const struct policy_question q = { &alice, near_drive, both, 2 };

	rules_make("{'name':'one','who':{'user':1000},'regions':['*'],'devices':['cmb0']},"
		   "{'name':'no','who':{'user':1000},'regions':['far2'],'devices':['*']}",
		   &p);
	assert_null(policy_decide(&p, &q));
	assert_int_equal(policy_try(&p.rules[0], &q), RULE_OTHER_DEVICE);
	assert_int_equal(policy_try(&p.rules[1], &q), RULE_OTHER_REGION);
}

static void administers_by_any_rule(void **state)
{
	_cleanup_(policy_done) struct policy p = {};
	gid_t groups[] = { 60 };
	const struct peer ops = { .uid = 1000, .gid = 50, .groups = groups, .n_groups = 1 };
	const struct peer member = { .uid = 1001, .gid = 50 };
	const struct peer lost = { .uid = 1000, .gid = 60, .lost = true };
	const struct borrower any = {};

	rules_make("{'name':'members','who':{'group':50}," ALL "},"
		   "{'name':'ops','who':{'group':60},'administer':true}",
		   &p);
	assert_true(policy_may_administer(&p, &ops));
	assert_false(policy_may_administer(&p, &member));
	assert_false(policy_may_administer(&p, &lost));
	assert_true(policy_may_see(&p, &ops, 1001, &any));
	assert_true(policy_may_see(&p, &member, 1001, &any));
	assert_false(policy_may_see(&p, &member, 1000, &any));
	assert_false(policy_may_see(&p, &lost, 1000, &any));
	/* It is no grant of memory. */
	assert_false(policy_names(&p, &(struct peer){ .uid = 9, .gid = 60 }));
}

#define ID "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"

static bool sees(const struct peer *who, const struct peer *other)
{
	_cleanup_(borrower_done) struct borrower b = {};
	const struct policy p = {};

	assert_int_equal(borrower_set(&b, other), 0);
	return policy_may_see(&p, who, peer_charged_uid(other), &b);
}

/* Users call their cgroups what they like, and in root's slice not everybody is root. */
static void shows_nothing_for_a_name(void **state)
{
	_cleanup_(peer_done) struct peer
		container = in_cgroup(0, "/docker/" ID),
		fake = in_cgroup(1000, "/user.slice/user-1000.slice/user@1000.service/app.slice/"
				       "docker-" ID ".scope"),
		other = in_cgroup(1001, "/user.slice/user-1001.slice/user@1001.service/app.slice/"
					"docker-" ID ".scope"),
		root = in_cgroup(0, "/system.slice/a.service"),
		guest = in_cgroup(1000, "/user.slice/user-0.slice/session-1.scope");

	container.nested = true;
	assert_true(sees(&container, &container));
	assert_false(sees(&fake, &container));
	assert_false(sees(&container, &fake));
	assert_false(sees(&other, &fake));
	assert_true(sees(&fake, &fake));
	assert_true(sees(&root, &guest));
	assert_true(sees(&guest, &guest));
	assert_false(sees(&guest, &root));
	/* A user's container, were it not root's slice. */
	guest.nested = guest.mapped = true;
	assert_false(sees(&guest, &root));
}

/* A container of root's: by its uid and gids nothing, by its cgroup what that is granted. */
static void names_containers_by_cgroup(void **state)
{
	_cleanup_(policy_done) struct policy p = {};
	gid_t groups[] = { 60 };
	const struct policy_question q = {
		.who = &(struct peer){ .uid = 1000,
				       .gid = 50,
				       .groups = groups,
				       .n_groups = 1,
				       .nested = true,
				       .cgroup = (char *)"/guests.slice/c.scope" },
	};

	assert_false(policy_is_unlimited(&(struct peer){ .uid = 0, .nested = true }));
	rules_make("{'name':'user','who':{'user':1000}," ALL ",'administer':true},"
		   "{'name':'gid','who':{'group':50}," ALL ",'administer':true},"
		   "{'name':'group','who':{'group':60}," ALL ",'administer':true},"
		   "{'name':'guests','who':{'cgroup':'/guests.slice'}," ALL "}",
		   &p);
	assert_string_equal(policy_decide(&p, &q)->name, "guests");
	assert_false(policy_may_administer(&p, q.who));
}

static void figures_limits(void **state)
{
	_cleanup_(policy_done) struct policy p = {};
	struct limits l;

	rules_make("{'name':'a','who':{'user':1}," ALL ",'limits':{'bytes':'50%','largest':'1M',"
		   "'reserved':'10%','perUid':{'bytes':'33%'}}},"
		   "{'name':'b','who':{'user':1}," ALL "}",
		   &p);
	l = policy_limits_in(&p.rules[0], 1001);
	assert_int_equal(l.bytes, 500);
	assert_int_equal(l.uid_bytes, 330);
	assert_int_equal(l.reserved, 100);
	assert_int_equal(l.largest, 1 << 20);
	assert_int_equal(l.buffers, LIMIT_NONE);
	l = policy_limits_in(&p.rules[0], INT64_MAX);
	assert_int_equal(l.bytes, INT64_MAX / 2);
	l = policy_limits_in(&p.rules[1], 1001);
	assert_int_equal(l.bytes, LIMIT_NONE);
	assert_int_equal(l.largest, LIMIT_NONE);
	assert_int_equal(l.reserved, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(denies_by_default),
		cmocka_unit_test(names_users),
		cmocka_unit_test(names_groups),
		cmocka_unit_test(names_units_and_cgroups),
		cmocka_unit_test(unknown_names_are_nobody),
		cmocka_unit_test(names_nobody_that_is_lost),
		cmocka_unit_test(first_that_covers_decides),
		cmocka_unit_test(covers_all_devices_or_none),
		cmocka_unit_test(administers_by_any_rule),
		cmocka_unit_test(shows_nothing_for_a_name),
		cmocka_unit_test(names_containers_by_cgroup),
		cmocka_unit_test(figures_limits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
