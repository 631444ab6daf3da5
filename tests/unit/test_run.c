/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The path in the arguments of a program that p2pmemctl runs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "client/ctl_run.h"

static void check(const char *given, const char *text, const char *path, const char *wanted)
{
	char *argv[] = { (char *)"program", (char *)given, NULL }, **copy;

	assert_int_equal(run_argv(argv, text, path, &copy), 0);
	assert_string_equal(copy[0], "program");
	assert_string_equal(copy[1], wanted);
	assert_null(copy[2]);
	run_argv_free(&copy);
	assert_null(copy);
}

static void path_stands_for_text(void **state)
{
	check("{}", "{}", "/p", "/p");
	check("--iomem=mmapshared:{}", "{}", "/proc/1/fd/10", "--iomem=mmapshared:/proc/1/fd/10");
	check("{}{}x{}", "{}", "/a", "/a/ax/a");
	check("{ }{", "{}", "/a", "{ }{");
	check("", "{}", "/a", "");
	check("aaaa", "aa", "b", "bb");
}

static void path_is_not_looked_into(void **state)
{
	check("{}-{}", "{}", "{}{}", "{}{}-{}{}");
}

static void no_text_stands_for_nothing(void **state)
{
	check("{}", "", "/a", "{}");
}

static void no_arguments_are_none(void **state)
{
	char *argv[] = { NULL }, **copy;

	assert_int_equal(run_argv(argv, "{}", "/a", &copy), 0);
	assert_null(copy[0]);
	run_argv_free(&copy);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(path_stands_for_text),
		cmocka_unit_test(path_is_not_looked_into),
		cmocka_unit_test(no_text_stands_for_nothing),
		cmocka_unit_test(no_arguments_are_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
