// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Fault sweep: every allocation of the kernel that a use of the driver causes
 * fails once, in turn, until a use in which none was left to fail.
 *
 *   driver-faults [PATTERN]
 *
 * PATTERN, as the shell's, says which tests to run. Needs a kernel with
 * failslab, fail_page_alloc and /proc/PID/fail-nth. After each failure all
 * memory must be free again and no buffer listed; at the end the provider must
 * let go. $P2PMEM_TEST_DISK is read from, and $P2PMEM_MODULE is the module's
 * file.
 */
#include <fcntl.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "faults.h"

#define LIMIT_S 900

static int fail_nth;

static void set_up_faults(void)
{
	static const char *const settings[][2] = {
		{ "failslab/ignore-gfp-wait", "N" },
		{ "failslab/verbose", "0" },
		{ "fail_page_alloc/ignore-gfp-wait", "N" },
		{ "fail_page_alloc/ignore-gfp-highmem", "N" },
		{ "fail_page_alloc/min-order", "0" },
		{ "fail_page_alloc/verbose", "0" },
	};
	char path[128];

	for (size_t i = 0; i < sizeof(settings) / sizeof(settings[0]); i++) {
		snprintf(path, sizeof(path), "/sys/kernel/debug/%s", settings[i][0]);
		check_errno(write_text(path, settings[i][1]), 0);
	}
	fail_nth = open("/proc/thread-self/fail-nth", O_RDWR | O_CLOEXEC);
	check(fail_nth >= 0);
}

/* The @nth allocation of this thread from here on fails. */
void arm(unsigned int nth)
{
	char text[16];
	int n = snprintf(text, sizeof(text), "%u", nth);

	check(pwrite(fail_nth, text, n, 0) == n);
}

/* Returns what was left to count: 0 if one has failed. */
unsigned int disarm(void)
{
	char text[16] = "";
	ssize_t n = pread(fail_nth, text, sizeof(text) - 1, 0);

	check(n > 0 && pwrite(fail_nth, "0", 1, 0) == 1);
	return strtoul(text, NULL, 10);
}

/* Once without: what is allocated for good is no part of the sweep. */
static void sweep(const struct use *use, struct lab *lab)
{
	unsigned int nth = 0, failures = 0, left;
	bool ok;

	check(use->run(lab));
	check_quiet(lab);
	do {
		arm(++nth);
		ok = use->run(lab);
		left = disarm();
		failures += !ok;
	} while (check_quiet(lab) && !left);
	check(ok);
	check(nth > 1);
	note("%u allocations failed, %u of %u uses with them", nth - 1, failures, nth);
}

static const char *pattern = "*";

static bool is_wanted(const char *name)
{
	return fnmatch(pattern, name, 0) == 0;
}

static void sweep_uses(struct lab *lab)
{
	for (const struct use *use = uses; use->name; use++) {
		char name[128];

		snprintf(name, sizeof(name), "faults: %s", use->name);
		if (!is_wanted(name))
			continue;
		begin_test(name, LIMIT_S);
		sweep(use, lab);
		end_test();
	}
}

static void sweep_regions(struct lab *lab)
{
	static const struct {
		const char *name;
		void (*run)(struct lab *lab);
	} sweeps[] = {
		{ "faults: adding a provider's region", sweep_adding },
		{ "faults: binding a device whose BAR is memory", sweep_card },
		{ "faults: loading the module", sweep_loading },
		{ "faults: the provider lets go after all that", check_unbinding },
	};

	for (size_t i = 0; i < sizeof(sweeps) / sizeof(sweeps[0]); i++) {
		if (!is_wanted(sweeps[i].name))
			continue;
		begin_test(sweeps[i].name, LIMIT_S);
		sweeps[i].run(lab);
		end_test();
	}
}

int main(int argc, char **argv)
{
	struct lab lab = { .scratch = getenv("P2PMEM_TEST_DISK"),
			   .module = getenv("P2PMEM_MODULE") };

	if (argc > 1)
		pattern = argv[1];
	begin_test("faults: the kernel can be made to fail", LIMIT_S);
	lab_open(&lab);
	set_up_faults();
	end_test();
	sweep_uses(&lab);

	sweep_regions(&lab);
	return end_tests();
}
