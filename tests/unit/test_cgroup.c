/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/cleanup.h"
#include "policy/borrower.h"
#include "policy/cgroup.h"
#include "policy/container.h"
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

#define ID "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
#define OTHER_ID "ff112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
#define USER "/user.slice/user-1000.slice/user@1000.service"

static void finds_containers(void **state)
{
	static const struct {
		const char *path;
		const char *runtime;
		bool in_unit;
	} cases[] = {
		{ "/machine.slice/libpod-" ID ".scope", "podman", false },
		{ "/machine.slice/libpod-" ID ".scope/container", "podman", false },
		{ "/machine.slice/machine-libpod_pod_" ID ".slice/libpod-" ID ".scope", "podman",
		  false },
		{ "/libpod_parent/libpod-" ID, "podman", false },
		{ "/libpod_parent/" ID, "podman", false },
		{ "/system.slice/web.service/libpod-payload-" ID, "podman", true },
		{ "/system.slice/docker-" ID ".scope", "docker", false },
		{ "/docker/" ID "/init", "docker", false },
		{ "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-podab_c.slice/"
		  "crio-" ID ".scope",
		  "cri-o", false },
		{ "/kubepods/burstable/podab-c/crio-" ID, "cri-o", false },
		{ "/kubepods.slice/kubepods-podab_c.slice/cri-containerd-" ID ".scope",
		  "containerd", false },
		{ "/kubepods/besteffort/podab-c/" ID, "containerd", false },
		{ "/system.slice/nerdctl-" ID ".scope", "containerd", false },
		/* The outermost one. */
		{ "/docker/" ID "/kubepods.slice/cri-containerd-" OTHER_ID ".scope", "docker",
		  false },
		/* Whoever has a cgroup of a unit can give those below it any name. */
		{ "/system.slice/build.service/libpod-" ID ".scope", "podman", true },
		{ "/init.scope/docker/" ID, "docker", true },
		{ USER "/user.slice/libpod-" ID ".scope/container", "podman", true },
		{ "/user.slice/user-1000.slice/session-2.scope/docker-" ID ".scope", "docker",
		  true },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct container c = {};

		if (!container_find(cases[i].path, &c))
			fail_msg("%s", cases[i].path);
		assert_string_equal(c.id, ID);
		assert_string_equal(c.runtime, cases[i].runtime);
		assert_int_equal(c.in_unit, cases[i].in_unit);
	}
}

static void takes_no_others_for_containers(void **state)
{
	static const char *const paths[] = {
		"/",
		"/machine.slice",
		"/machine.slice/libpod-conmon-" ID ".scope",
		"/machine.slice/crio-conmon-" ID ".scope",
		"/machine.slice/libpod-" ID "0.scope",
		"/machine.slice/libpod-0123.scope",
		"/machine.slice/libpod-.scope",
		"/machine.slice/xlibpod-" ID ".scope",
		"/machine.slice/libpod-" ID ".scope2",
		"/machine.slice/libpod-" ID ".service",
		"/machine.slice/libpod-00112233445566778899AABBCCDDEEFF"
		"00112233445566778899aabbccddeeff.scope",
		"/machine.slice/docker-" ID,
		"/machine.slice/" ID,
		"/machine.slice/" ID ".scope",
		/* A folder of nobody knows whom. */
		"/mine/docker/" ID,
		"/mine/libpod-" ID ".scope",
		"/docker2/" ID,
	};

	for (size_t i = 0; i < ARRAY_SIZE(paths); i++) {
		struct container c;

		if (container_find(paths[i], &c))
			fail_msg("%s", paths[i]);
	}
}

static void knows_words_of_containers(void **state)
{
	assert_string_equal(container_runtime("cri-o"), "cri-o");
	assert_null(container_runtime("crio"));
	assert_null(container_runtime(""));
	assert_true(container_id_valid(ID));
	assert_false(container_id_valid(ID "0"));
	assert_false(container_id_valid(""));
}

/* ---- who is whom in containers --------------------------------------- */

#define ROOTS "/user.slice/user-0.slice/session-1.scope"

struct who {
	uid_t uid;
	const char *cgroup;
	enum {
		PLAIN,
		NESTED_PIDS,
		NESTED_USERS, /* and PIDs */
	} kind;
};

static struct peer peer_of(const struct who *w)
{
	struct peer p = { .uid = w->uid,
			  .nested = w->kind >= NESTED_PIDS,
			  .mapped = w->kind == NESTED_USERS };

	assert_int_equal(peer_set_cgroup(&p, w->cgroup), 0);
	return p;
}

static void gives_containers_no_rights_by_uid(void **state)
{
	static const struct {
		struct who who;
		bool root;
		bool confined;
		uid_t charged;
	} cases[] = {
		{ { 0, "/system.slice/a.service", PLAIN }, true, false, 0 },
		{ { 0, "/user.slice/user-1000.slice/session-1.scope", PLAIN }, true, false, 0 },
		{ { 1000, "/system.slice/a.service", PLAIN }, false, false, 1000 },
		/* Started by root: uids are what whoever is in there takes. */
		{ { 0, "/machine.slice/libpod-" ID ".scope", NESTED_PIDS }, false, true, 65534 },
		{ { 0, "/machine.slice/libpod-" ID ".scope", PLAIN }, false, true, 65534 },
		{ { 1000, "/machine.slice/libpod-" ID ".scope", NESTED_PIDS }, false, true, 65534 },
		{ { 0, "/mine/container", NESTED_PIDS }, false, true, 65534 },
		{ { 0, "/system.slice/a.service/libpod-payload-" ID, NESTED_PIDS },
		  false,
		  true,
		  65534 },
		/* A user namespace makes it no user's. */
		{ { 231072, "/machine.slice/libpod-" ID ".scope", NESTED_USERS },
		  false,
		  true,
		  65534 },
		/* A user's are that user. */
		{ { 1000, USER "/user.slice/libpod-" ID ".scope", NESTED_USERS },
		  false,
		  false,
		  1000 },
		{ { 100999, USER "/user.slice/libpod-" ID ".scope", NESTED_USERS },
		  false,
		  false,
		  1000 },
		/* Root's, started there: any uid is to be had in it, and no other quota. */
		{ { 0, "/user.slice/user-1000.slice/session-1.scope", NESTED_PIDS },
		  false,
		  true,
		  1000 },
		/* All that this takes is a cgroup with such a name. */
		{ { 1000, USER "/app.slice/libpod-" ID ".scope", PLAIN }, false, true, 1000 },
		/* In root's slice is whom root puts there. */
		{ { 1000, ROOTS, PLAIN }, false, false, 1000 },
		{ { 100000, ROOTS, NESTED_USERS }, false, true, 65534 },
		{ { 100000, ROOTS "/libpod-" ID, NESTED_USERS }, false, true, 65534 },
		{ { 7, "/user.slice/user-0.slice/session-1.scope/libpod_parent/libpod-" ID,
		    NESTED_PIDS },
		  false,
		  true,
		  65534 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_(peer_done) struct peer p = peer_of(&cases[i].who);

		if (peer_is_root(&p) != cases[i].root ||
		    peer_is_confined(&p) != cases[i].confined ||
		    peer_charged_uid(&p) != cases[i].charged)
			fail_msg("case %zu", i);
	}
}

static void takes_nobody_lost_for_root(void **state)
{
	const struct peer p = { .uid = 0, .lost = true };

	assert_false(peer_is_root(&p));
}

#define A { 0, "/machine.slice/libpod-" ID ".scope", NESTED_PIDS }
#define B { 0, "/machine.slice/libpod-" OTHER_ID ".scope", NESTED_PIDS }
/* Takes the id of A for a cgroup of its own. */
#define FAKE { 4, "/system.slice/f.service/libpod-" ID ".scope", NESTED_PIDS }
#define ALICE { 1000, USER "/app.slice/x.service", PLAIN }
#define ALICES { 1000, USER "/user.slice/libpod-" ID ".scope", NESTED_USERS }
#define ALICES_OTHER { 100001, USER "/user.slice/libpod-" OTHER_ID ".scope", NESTED_USERS }
#define NOBODY { 65534, "/system.slice/n.service", PLAIN }
#define NSPAWN { 0, "/machine.slice/systemd-nspawn@a.service", NESTED_PIDS }
#define NSPAWN_OTHER { 0, "/machine.slice/systemd-nspawn@b.service", NESTED_PIDS }
#define NESTED { 0, "/mine/container", NESTED_PIDS }

/* Where two are charged to the same uid. */
static void knows_its_own(void **state)
{
	static const struct {
		struct who borrower;
		struct who who;
		bool own;
	} cases[] = {
		{ A, A, true },
		{ A, B, false },
		{ A, FAKE, false },
		{ FAKE, A, false },
		{ A, NOBODY, false },
		{ NOBODY, A, false },
		{ NOBODY, NOBODY, true },
		{ NSPAWN, NSPAWN, true },
		{ NSPAWN, NSPAWN_OTHER, false },
		{ NSPAWN, NESTED, false },
		/* Nothing to know it by. */
		{ NESTED, NESTED, false },
		{ A, NSPAWN, false },
		{ ALICES, ALICE, true },
		{ ALICES, ALICES, true },
		{ ALICE, ALICES, false },
		{ ALICES, ALICES_OTHER, false },
		{ ALICES_OTHER, ALICES_OTHER, true },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_(peer_done) struct peer one = peer_of(&cases[i].borrower);
		_cleanup_(peer_done) struct peer other = peer_of(&cases[i].who);
		_cleanup_(borrower_done) struct borrower b = {};

		assert_int_equal(borrower_set(&b, &one), 0);
		if (borrower_is(&b, &other) != cases[i].own)
			fail_msg("case %zu", i);
	}
}

static void counts_containers_apart(void **state)
{
	static const struct {
		struct who who;
		uid_t crowd;
	} cases[] = {
		{ A, 0x80112233 },
		{ B, 0xff112233 },
		/* These choose their ids. */
		{ FAKE, 65534 },
		{ ALICES, 1000 },
		{ ALICES_OTHER, 1000 },
		{ NSPAWN, 65534 },
		{ ALICE, 1000 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_(peer_done) struct peer p = peer_of(&cases[i].who);

		assert_int_equal(peer_crowd(&p), cases[i].crowd);
	}
}

/* Who can have any number of uids gets no share for each. */
static void counts_many_uids_as_one(void **state)
{
	const struct peer lost = { .uid = 0, .lost = true },
			  lost_too = { .uid = 100005, .lost = true, .in_user_slice = true };
	const struct who who = { 100005, "/system.slice/cron.service", PLAIN },
			 service = { 0, "/system.slice/a.service", PLAIN };
	_cleanup_(peer_done) struct peer mapped = peer_of(&who);
	_cleanup_(peer_done) struct peer root = peer_of(&service);

	assert_int_equal(peer_crowd(&lost), peer_crowd(&lost_too));
	assert_int_equal(peer_crowd(&lost), (uid_t)-1);
	assert_int_equal(peer_crowd(&mapped), 100005);
	mapped.mapped = true;
	assert_int_equal(peer_crowd(&mapped), 65534);
	root.mapped = true;
	assert_int_equal(peer_crowd(&root), 0);
}

static void tells_claims(void **state)
{
	static const struct {
		struct who who;
		const char *claimed_by;
	} cases[] = {
		{ A, NULL },
		{ FAKE, "unit:f.service" },
		{ ALICES, "user:1000" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_(peer_done) struct peer p = peer_of(&cases[i].who);
		_cleanup_(borrower_done) struct borrower b = {};

		assert_int_equal(borrower_set(&b, &p), 0);
		assert_string_equal(b.container, ID);
		assert_int_equal(b.uid, cases[i].who.uid);
		if (cases[i].claimed_by)
			assert_string_equal(b.claimed_by, cases[i].claimed_by);
		else
			assert_null(b.claimed_by);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_system_units),
		cmocka_unit_test(finds_slices_of_users),
		cmocka_unit_test(matches_patterns),
		cmocka_unit_test(takes_in_paths),
		cmocka_unit_test(finds_containers),
		cmocka_unit_test(takes_no_others_for_containers),
		cmocka_unit_test(knows_words_of_containers),
		cmocka_unit_test(gives_containers_no_rights_by_uid),
		cmocka_unit_test(takes_nobody_lost_for_root),
		cmocka_unit_test(knows_its_own),
		cmocka_unit_test(counts_containers_apart),
		cmocka_unit_test(counts_many_uids_as_one),
		cmocka_unit_test(tells_claims),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
