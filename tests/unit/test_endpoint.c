/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Files that are looked at, and are others by the time they are opened. */
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "client/endpoint.h"
#include "client/status.h"
#include "tests/unit/unit.h"

static char folder[PATH_MAX];

/* Where there is direct I/O, which a tmpfs of old does not have. */
static int set_up(void **state)
{
	const char *build = getenv("BUILD");

	snprintf(folder, sizeof(folder), "%s/p2pmem-endpoint-XXXXXX", build ? build : "/tmp");
	return mkdtemp(folder) && chdir(folder) == 0 ? 0 : -1;
}

static int tear_down(void **state)
{
	return rmdir(folder);
}

static void make(const char *name)
{
	int fd = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	close(fd);
}

static void refuses_what_was_replaced(void **state)
{
	struct endpoint src, dst;

	make("file");
	assert_int_equal(endpoint_look("file", &src), STATUS_OK);
	assert_int_equal(endpoint_look("file", &dst), STATUS_OK);
	make("other");
	assert_int_equal(rename("other", "file"), 0);
	assert_int_equal(endpoint_open_source(&src), STATUS_FAILURE);
	assert_int_equal(endpoint_open_destination(&dst), STATUS_FAILURE);
	endpoint_close(&src, false);
	endpoint_close(&dst, true);
	/* It was not made here, so it is not removed either. */
	assert_int_equal(unlink("file"), 0);
}

static void refuses_what_appeared(void **state)
{
	struct endpoint e;

	assert_int_equal(endpoint_look("file", &e), STATUS_OK);
	assert_int_equal(e.kind, ENDPOINT_NONE);
	make("file");
	assert_int_equal(endpoint_open_destination(&e), STATUS_FAILURE);
	endpoint_close(&e, true);
	assert_int_equal(unlink("file"), 0);
}

/* What was made goes again, but neither another file of that name nor what is in it. */
static void removes_only_its_own(void **state)
{
	struct endpoint made, replaced, filled;

	assert_int_equal(endpoint_look("file", &made), STATUS_OK);
	assert_int_equal(endpoint_open_destination(&made), STATUS_OK);
	endpoint_close(&made, true);
	assert_int_equal(access("file", F_OK), -1);

	assert_int_equal(endpoint_look("file", &replaced), STATUS_OK);
	assert_int_equal(endpoint_open_destination(&replaced), STATUS_OK);
	make("other");
	assert_int_equal(rename("other", "file"), 0);
	endpoint_close(&replaced, true);
	assert_int_equal(unlink("file"), 0);

	assert_int_equal(endpoint_look("file", &filled), STATUS_OK);
	assert_int_equal(endpoint_open_destination(&filled), STATUS_OK);
	assert_int_equal(truncate("file", 1), 0);
	endpoint_close(&filled, true);
	assert_int_equal(unlink("file"), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(refuses_what_was_replaced),
		cmocka_unit_test(refuses_what_appeared),
		cmocka_unit_test(removes_only_its_own),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
