// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Tests of the driver on a running kernel, as root:
 *
 *   driver-test [DISK]
 *
 * DISK, or $P2PMEM_TEST_DISK, is a block device that may be overwritten; what
 * needs one is skipped without. With $P2PMEM_MODULE, the module's file, it is
 * also unloaded and loaded again. Needs no more than /dev, /proc and /sys, so
 * it runs in a bare initramfs as well. Prints TAP; exits 1 if a test failed.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "driver-test.h"

static bool failed;
static const char *skipped;
static unsigned int count, failures;

bool check_at(bool condition, const char *file, int line, const char *what)
{
	if (!condition) {
		printf("# %s:%d: not so: %s (errno now %s)\n", file, line, what, strerror(errno));
		failed = true;
	}
	return condition;
}

bool check_errno_at(long result, int expected, const char *file, int line, const char *what)
{
	int got = result < 0 ? errno : 0;

	if (got != expected) {
		printf("# %s:%d: %s: %s instead of %s\n", file, line, what, strerror(got),
		       strerror(expected));
		failed = true;
	}
	return got == expected;
}

void skip(const char *why)
{
	skipped = why;
}

void note(const char *format, ...)
{
	va_list args;

	printf("# ");
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	printf("\n");
}

static bool nothing_allocated(struct lab *lab)
{
	return lab_available(lab) == lab->available;
}

static void run(const struct test *test, struct lab *lab)
{
	failed = false;
	skipped = NULL;
	test->run(lab);
	if (!check(await(nothing_allocated, lab)))
		note("%llu of %llu bytes are free", (unsigned long long)lab_available(lab),
		     (unsigned long long)lab->available);
	count++;
	failures += failed;
	printf("%sok %u - driver: %s%s%s\n", failed ? "not " : "", count, test->name,
	       skipped ? " # SKIP " : "", skipped ?: "");
}

static void run_all(const struct test *tests, struct lab *lab)
{
	for (; tests->name; tests++)
		run(tests, lab);
}

int main(int argc, char **argv)
{
	struct lab lab = { .scratch = getenv("P2PMEM_TEST_DISK"),
			   .module = getenv("P2PMEM_MODULE") };

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (argc > 1)
		lab.scratch = argv[1];
	lab_open(&lab);
	run_all(buffer_tests, &lab);
	run_all(control_tests, &lab);
	run_all(acs_tests, &lab);
	run_all(io_tests, &lab);
	run_all(life_tests, &lab);
	printf("1..%u\n", count);
	return failures ? EXIT_FAILURE : EXIT_SUCCESS;
}
