// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * TAP for the programs that put the driver under load: the checks of
 * driver-test.h, and a runner. A test that does not end is a failure and ends
 * the run, as nothing that follows could be believed.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "load.h"

static unsigned int count, failures;
static const char *current;

static void on_hang(int number)
{
	char text[256];
	int n = snprintf(text, sizeof(text), "not ok %u - %s (no end in time)\n1..%u\n", count + 1,
			 current, count + 1);

	_exit(write(STDOUT_FILENO, text, n) == n ? EXIT_FAILURE : EXIT_FAILURE + 1);
}

unsigned int count_buffers(const struct lab *lab)
{
	struct p2pmem_buffer_info infos[64];
	struct p2pmem_list list = { .size = sizeof(list),
				    .entry_size = sizeof(infos[0]),
				    .entries = (uintptr_t)infos,
				    .capacity = 64 };

	check_errno(ioctl(lab->control, P2PMEM_CONTROL_LIST_BUFFERS, &list), 0);
	return list.count;
}

bool is_quiet(struct lab *lab)
{
	return lab_available(lab) == lab->available && !count_buffers(lab);
}

bool check_quiet(struct lab *lab)
{
	bool quiet = check(await(is_quiet, lab));

	if (!quiet)
		note("%llu of %llu bytes are free, %u buffer(s) listed",
		     (unsigned long long)lab_available(lab), (unsigned long long)lab->available,
		     count_buffers(lab));
	return quiet;
}

void begin_test(const char *name, unsigned int limit_s)
{
	setvbuf(stdout, NULL, _IOLBF, 0);
	signal(SIGALRM, on_hang);
	current = name;
	failed = false;
	alarm(limit_s);
}

void end_test(void)
{
	alarm(0);
	count++;
	failures += failed;
	printf("%sok %u - %s\n", failed ? "not " : "", count, current);
}

int end_tests(void)
{
	printf("1..%u\n", count);
	return failures || !count ? EXIT_FAILURE : EXIT_SUCCESS;
}
