// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Tests of the driver on a running kernel, as root:
 *
 *   driver-test [--list] [--only PATTERN]... [--without PATTERN]... [DISK]
 *
 * DISK, or $P2PMEM_TEST_DISK, is a block device that may be overwritten.
 * $P2PMEM_MODULE is the module's file, to load it again.
 *
 * PATTERN, with * and ?, is of `GROUP: TEST`. What a machine cannot show is
 * left out by name, so that a test that is skipped, because what it needs is
 * not there, is one that was expected to run.
 *
 * Needs no more than /dev, /proc and /sys, so it runs in a bare initramfs as
 * well. Prints TAP; exits 1 if a test failed. A test that does not end is a
 * failure, and ends the run.
 */
#include <fnmatch.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "driver-test.h"

#define HANG_LIMIT_S 240
#define MAX_PATTERNS 32

struct group {
	const char *name;
	const struct test *tests;
};

/* clang-format off */
static const struct group groups[] = {
	{ "buffer", buffer_tests },
	{ "map", map_tests },
	{ "control", control_tests },
	{ "query", query_tests },
	{ "event", event_tests },
	{ "show", show_tests },
	{ "compat", compat_tests },
	{ "acs", acs_tests },
	{ "io", io_tests },
	{ "reset", reset_tests },
	{ "life", life_tests },
	{ "bar", bar_tests },
	{ "vfio", vfio_tests },
	{ "flood", flood_tests },
	{ "module", module_tests },
};
/* clang-format on */

struct patterns {
	const char *text[MAX_PATTERNS];
	size_t count;
};

static struct patterns only, without;
static const char *skipped;
static unsigned int count, failures;
static char current[160];

void skip(const char *why)
{
	skipped = why;
}

static bool nothing_allocated(struct lab *lab)
{
	return lab_available(lab) == lab->available;
}

/* Says so and ends: what the hung test left behind would spoil the others. */
static void on_hang(int number)
{
	char text[320];
	int n = snprintf(
		text, sizeof(text),
		"not ok %u - driver: %s (no end after %d s; the rest was not run)\n1..%u\n",
		count + 1, current, HANG_LIMIT_S, count + 1);

	(void)number;
	_exit(write(STDOUT_FILENO, text, n) == n ? EXIT_FAILURE : EXIT_FAILURE + 1);
}

static void run(const struct test *test, struct lab *lab)
{
	failed = false;
	skipped = NULL;
	alarm(HANG_LIMIT_S);
	test->run(lab);
	if (!check(await(nothing_allocated, lab)))
		note("%llu of %llu bytes are free", (unsigned long long)lab_available(lab),
		     (unsigned long long)lab->available);
	alarm(0);
	count++;
	failures += failed;
	printf("%sok %u - driver: %s%s%s\n", failed ? "not " : "", count, current,
	       skipped ? " # SKIP " : "", skipped ?: "");
}

static bool matches(const struct patterns *patterns)
{
	for (size_t i = 0; i < patterns->count; i++)
		if (fnmatch(patterns->text[i], current, 0) == 0)
			return true;
	return false;
}

static bool wanted(void)
{
	return (!only.count || matches(&only)) && !matches(&without);
}

/* Calls visit() for each test that is wanted; `current` is its name. */
static void each_test(void (*visit)(const struct test *test, struct lab *lab), struct lab *lab)
{
	for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++)
		for (const struct test *test = groups[i].tests; test->name; test++) {
			snprintf(current, sizeof(current), "%s: %s", groups[i].name, test->name);
			if (wanted())
				visit(test, lab);
		}
}

static void print_name(const struct test *test, struct lab *lab)
{
	(void)test;
	(void)lab;
	puts(current);
}

static void add_pattern(struct patterns *patterns, const char *text)
{
	if (patterns->count == MAX_PATTERNS) {
		fprintf(stderr, "driver-test: more than %d patterns\n", MAX_PATTERNS);
		exit(2);
	}
	patterns->text[patterns->count++] = text;
}

/* Returns true if the names are all that is wanted. */
static bool parse(int argc, char **argv)
{
	static const struct option options[] = {
		{ "list", no_argument, NULL, 'l' },
		{ "only", required_argument, NULL, 'o' },
		{ "without", required_argument, NULL, 'w' },
		{ 0 },
	};
	bool list = false;
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1)
		switch (option) {
		case 'l':
			list = true;
			break;
		case 'o':
			add_pattern(&only, optarg);
			break;
		case 'w':
			add_pattern(&without, optarg);
			break;
		default:
			exit(2);
		}
	return list;
}

int main(int argc, char **argv)
{
	struct lab lab = { .scratch = getenv("P2PMEM_TEST_DISK"),
			   .module = getenv("P2PMEM_MODULE") };

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (parse(argc, argv)) {
		each_test(print_name, NULL);
		return EXIT_SUCCESS;
	}
	if (optind < argc)
		lab.scratch = argv[optind];
	signal(SIGALRM, on_hang);
	lab_open(&lab);
	each_test(run, &lab);
	printf("1..%u\n", count);
	return failures ? EXIT_FAILURE : EXIT_SUCCESS;
}
