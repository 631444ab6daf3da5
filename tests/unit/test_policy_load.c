/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which files a policy is made of, and which cannot be used. */
#include <err.h>
#include <ftw.h>
#include <sys/stat.h>

#include "common/cleanup.h"
#include "policy/load.h"
#include "policy/text.h"
#include "tests/mock/tree.h"
#include "tests/unit/rules.h"

struct fixture {
	char root[64];
	char etc[80];
	char usr[80];
	const char *folders[3];
	struct policy policy;
	struct mistakes mistakes;
};

static int set_up(void **state)
{
	static struct fixture f;

	f = (struct fixture){ .root = "/tmp/p2pmem-test-XXXXXX" };
	if (!mkdtemp(f.root))
		err(1, "%s", f.root);
	snprintf(f.etc, sizeof(f.etc), "%s/etc", f.root);
	snprintf(f.usr, sizeof(f.usr), "%s/usr", f.root);
	f.folders[0] = f.etc;
	f.folders[1] = f.usr;
	*state = &f;
	return 0;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *walk)
{
	return remove(path);
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	policy_done(&f->policy);
	mistakes_done(&f->mistakes);
	nftw(f->root, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	return 0;
}

/* A file with a rule for uid 1 of that name. */
static void put(const char *folder, const char *path, const char *rule)
{
	char text[256];

	snprintf(text, sizeof(text),
		 "{\"rules\":[{\"name\":\"%s\",\"who\":{\"user\":1},\"administer\":true}]}", rule);
	tree_file(folder, path, text);
}

/* Loads, and gives the names of the rules, each with a blank behind it. */
static const char *load(struct fixture *f)
{
	static char names[256];

	assert_int_equal(policy_load(f->folders, &rules_directory, &f->policy, &f->mistakes), 0);
	names[0] = '\0';
	for (size_t i = 0; i < f->policy.n; i++)
		snprintf(names + strlen(names), sizeof(names) - strlen(names), "%s ",
			 f->policy.rules[i].name);
	return names;
}

static void expect_mistake(struct fixture *f, const char *file, const char *what)
{
	assert_int_equal(policy_load(f->folders, &rules_directory, &f->policy, &f->mistakes),
			 -EBADMSG);
	assert_int_equal(f->policy.n, 0);
	assert_int_equal(f->mistakes.n, 1);
	assert_non_null(strstr(f->mistakes.list[0].file, file));
	assert_non_null(strstr(f->mistakes.list[0].what, what));
}

static void needs_no_file(void **state)
{
	assert_string_equal(load(*state), "");
}

static void goes_by_names(void **state)
{
	struct fixture *f = *state;

	put(f->usr, "policy.json", "base");
	put(f->usr, "policy.d/50-b.json", "b");
	put(f->etc, "policy.d/90-c.json", "c");
	put(f->etc, "policy.d/10-a.json", "a");
	put(f->etc, "policy.d/10-a.json~", "no");
	put(f->etc, "policy.d/.20-hidden.json", "no");
	put(f->etc, "policy.d/.json", "no");
	put(f->etc, "policy.d/README", "no");
	assert_string_equal(load(f), "a b c base ");
}

static void first_folder_masks(void **state)
{
	struct fixture *f = *state;

	put(f->usr, "policy.json", "shipped");
	put(f->usr, "policy.d/a.json", "shipped-a");
	put(f->usr, "policy.d/b.json", "shipped-b");
	put(f->usr, "policy.d/c.json", "shipped-c");
	put(f->etc, "policy.json", "own");
	put(f->etc, "policy.d/a.json", "own-a");
	tree_file(f->etc, "policy.d/b.json", "");
	tree_link(f->etc, "policy.d/c.json", "../../../../../../dev/null");
	assert_string_equal(load(f), "own-a own ");
}

static void masks_the_main_file(void **state)
{
	struct fixture *f = *state;

	put(f->usr, "policy.json", "shipped");
	tree_file(f->etc, "policy.json", "");
	assert_string_equal(load(f), "");
}

static void names_rules_once_over_all_files(void **state)
{
	struct fixture *f = *state;

	put(f->etc, "policy.d/a.json", "same");
	put(f->usr, "policy.json", "same");
	expect_mistake(f, "usr/policy.json", "is the name of the rule in");
}

static void one_bad_file_spoils_all(void **state)
{
	struct fixture *f = *state;

	put(f->usr, "policy.json", "good");
	tree_file(f->etc, "policy.d/a.json", "{\"rules\":[]");
	expect_mistake(f, "etc/policy.d/a.json", "the text ends");
}

static void takes_regular_files(void **state)
{
	struct fixture *f = *state;

	tree_file(f->etc, "policy.json/x", "");
	expect_mistake(f, "etc/policy.json", "is no regular file");
}

static void does_not_wait_for_pipes(void **state)
{
	struct fixture *f = *state;
	char path[128];

	put(f->usr, "policy.json", "good");
	tree_file(f->etc, "x", "");
	snprintf(path, sizeof(path), "%s/policy.json", f->etc);
	assert_int_equal(mkfifo(path, 0600), 0);
	expect_mistake(f, "etc/policy.json", "is no regular file");
}

static void notices_dangling_links(void **state)
{
	struct fixture *f = *state;

	put(f->usr, "policy.json", "good");
	tree_link(f->etc, "policy.json", "nowhere");
	expect_mistake(f, "etc/policy.json", "No such file");
}

static void refuses_what_anybody_may_write(void **state)
{
	struct fixture *f = *state;
	char path[128];

	put(f->etc, "policy.json", "good");
	snprintf(path, sizeof(path), "%s/policy.json", f->etc);
	assert_int_equal(chmod(path, 0646), 0);
	expect_mistake(f, "etc/policy.json", "may be written by everybody");
}

static void refuses_large_files(void **state)
{
	_cleanup_free_ char *text = malloc(TEXT_SIZE_MAX + 2);
	struct fixture *f = *state;

	memset(text, ' ', TEXT_SIZE_MAX + 1);
	text[TEXT_SIZE_MAX + 1] = '\0';
	tree_file(f->etc, "policy.json", text);
	expect_mistake(f, "etc/policy.json", "longer than 256 KiB");
}

/* The one that is installed is right, and says what the manual says. */
static void ships_a_right_one(void **state)
{
	struct fixture *f = *state;
	char *files[] = { (char *)"policy/policy.json" };
	const struct policy_rule *r;

	assert_int_equal(policy_load_files(files, 1, &rules_directory, &f->policy, &f->mistakes),
			 0);
	assert_int_equal(f->policy.n, 1);
	r = &f->policy.rules[0];
	assert_string_equal(r->tenant, "group:p2pmem");
	assert_int_equal(r->min_verdict, P2PMEM_VERDICT_BRIDGE);
	assert_int_equal(policy_limits_in(r, 1000).bytes, 500);
	assert_int_equal(policy_limits_in(r, 1000).uid_bytes, 250);
	assert_false(r->administer);
}

#define with_folders(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		with_folders(needs_no_file),
		with_folders(goes_by_names),
		with_folders(first_folder_masks),
		with_folders(masks_the_main_file),
		with_folders(names_rules_once_over_all_files),
		with_folders(one_bad_file_spoils_all),
		with_folders(takes_regular_files),
		with_folders(does_not_wait_for_pipes),
		with_folders(notices_dangling_links),
		with_folders(refuses_what_anybody_may_write),
		with_folders(refuses_large_files),
		with_folders(ships_a_right_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
