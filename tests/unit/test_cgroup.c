/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/cleanup.h"
#include "policy/cgroup.h"
#include "policy/peer.h"
#include "tests/unit/unit.h"

static void finds_system_units(void **state)
{
	static const struct {
		const char *path;
		const char *unit;
	} cases[] = {
		{ "/system.slice/backup.service", "backup.service" },
		{ "/system.slice/backup.service/worker", "backup.service" },
		{ "/system.slice/system-a.slice/a@1.service", "a@1.service" },
		{ "/backup.slice/backup-night.slice/x.scope", "x.scope" },
		{ "/machine.slice/libpod-1.scope/system.slice/evil.service", "libpod-1.scope" },
		{ "/init.scope", "init.scope" },
		{ "/system.slice/_cpu.service", "cpu.service" },
		{ "/system.slice/__x.service", "_x.service" },
		{ "/", NULL },
		{ "/system.slice", NULL },
		{ "/docker/0123", NULL },
		{ "/docker/evil.service", NULL },
		{ "/system.slice/.service", NULL },
		{ "/system.slice/folder/evil.service", NULL },
		/* What users make. */
		{ "/user.slice/user-1000.slice/user@1000.service/app.slice/backup.service", NULL },
		{ "/user.slice/user-1000.slice/session-2.scope", NULL },
		{ "/user.slice/backup.service", NULL },
		{ "/user.slice/system.slice/backup.service", NULL },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		bool out_of_memory;
		_cleanup_free_ char *unit = cgroup_system_unit(cases[i].path, &out_of_memory);

		assert_false(out_of_memory);
		if (cases[i].unit)
			assert_string_equal(unit ?: "none", cases[i].unit);
		else
			assert_null(unit);
	}
}

static void finds_slices_of_users(void **state)
{
	static const struct {
		const char *path;
		long long uid; /* -1: none */
	} cases[] = {
		{ "/user.slice/user-1000.slice", 1000 },
		{ "/user.slice/user-1000.slice/user@1000.service/x", 1000 },
		{ "/user.slice/user-0.slice/session-1.scope", 0 },
		{ "/user.slice/user-4294967294.slice", 4294967294 },
		{ "/user.slice/user-1000.slice/a (deleted)", 1000 },
		{ "/user.slice/user-4294967295.slice", -1 },
		{ "/user.slice/user-4294968296.slice", -1 },
		{ "/user.slice/user-99999999999.slice", -1 },
		{ "/user.slice/user-01000.slice", -1 },
		{ "/user.slice/user-.slice", -1 },
		{ "/user.slice/user-1x.slice", -1 },
		{ "/user.slice/user-1000", -1 },
		{ "/user.slice", -1 },
		{ "/machine.slice/user-1000.slice", -1 },
		{ "/machine.slice/x.scope/user.slice/user-1000.slice", -1 },
		{ "/user.slice2/user-1000.slice", -1 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		uid_t uid = 77;
		bool found = cgroup_user_slice(cases[i].path, &uid);

		assert_int_equal(found, cases[i].uid >= 0);
		if (found)
			assert_int_equal(uid, cases[i].uid);
	}
}

static void matches_patterns(void **state)
{
	static const struct {
		const char *pattern;
		const char *path;
		bool matches;
	} cases[] = {
		{ "/machine.slice", "/machine.slice", true },
		{ "/machine.slice", "/machine.slice/a/b", true },
		{ "/machine.slice", "/machine.slice2", false },
		{ "/machine.slice", "/", false },
		{ "/machine.slice/*", "/machine.slice/a", true },
		{ "/machine.slice/*", "/machine.slice/a/b", true },
		{ "/machine.slice/*", "/machine.slice", false },
		{ "/machine.slice/libpod-*.scope", "/machine.slice/libpod-a.scope", true },
		{ "/machine.slice/libpod-*.scope", "/machine.slice/libpod-.scope/x", true },
		{ "/machine.slice/libpod-*.scope", "/machine.slice/libpod-a/b.scope", false },
		{ "/machine.slice/libpod-*.scope", "/machine.slice/libpod-a.scop", false },
		{ "/a*b*c", "/aXbYbc", true },
		{ "/a*b*c", "/aXbYb", false },
		{ "/a**", "/a", true },
		/* No character but * and / stands for others. */
		{ "/a?c", "/abc", false },
		{ "/[a]", "/a", false },
		/* Anchored at the root. */
		{ "/foo.service", "/system.slice/foo.service", false },
		{ "/*/foo.service", "/system.slice/foo.service", true },
		{ "/*/foo.service", "/system.slice/a/foo.service", false },
		/* Only who says user.slice means it. */
		{ "/*", "/user.slice", false },
		{ "/*", "/user.slice/user-1000.slice", false },
		{ "/*/*", "/user.slice/user-1000.slice", false },
		{ "/user*", "/user.slice/user-1000.slice", false },
		{ "/*.slice/user-1000.slice", "/user.slice/user-1000.slice", false },
		{ "/*/foo.service", "/user.slice/foo.service", false },
		{ "/*/*/*/foo.service", "/user.slice/user-1000.slice/user@1000.service/foo.service",
		  false },
		{ "/user.slice", "/user.slice/user-1000.slice", true },
		{ "/user.slice/user-1000.slice", "/user.slice/user-1000.slice/x", true },
		{ "/user.slice/user-1000.slice", "/user.slice/user-10000.slice/x", false },
		{ "/user.slice/user-*.slice", "/user.slice/user-7.slice/x", true },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		assert_null(cgroup_pattern_problem(cases[i].pattern));
		if (cgroup_matches(cases[i].pattern, cases[i].path) != cases[i].matches)
			fail_msg("%s and %s", cases[i].pattern, cases[i].path);
	}
}

static void takes_in_paths(void **state)
{
	static const char *const wrong[] = {
		"", "a", "//", "/a//b", "/a/", "/..", "/../x", "/a/./b"
	};
	_cleanup_(peer_done) struct peer p = { .uid = 100999 };

	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
		_cleanup_(peer_done) struct peer none = {};

		assert_true(peer_set_cgroup(&none, wrong[i]) < 0);
		assert_null(none.cgroup);
	}
	assert_int_equal(peer_charged_uid(&p), 100999);
	assert_int_equal(peer_set_cgroup(&p, "/user.slice/user-1000.slice/x.service"), 0);
	assert_null(p.unit);
	/* A subordinate uid is charged to its owner, and root to itself. */
	assert_int_equal(peer_charged_uid(&p), 1000);
	p.uid = 0;
	assert_int_equal(peer_charged_uid(&p), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_system_units),
		cmocka_unit_test(finds_slices_of_users),
		cmocka_unit_test(matches_patterns),
		cmocka_unit_test(takes_in_paths),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
