/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where a scratch file is made for a device: in a namespace of its own, with mounts. */
#include <errno.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "client/ctl_scratch.h"

#define SIZE 65536

static char *below, *above;

static char *make_folder(void)
{
	const char *build = getenv("BUILD");
	char *path;

	assert_true(asprintf(&path, "%s/test-scratch-XXXXXX", build ? build : ".") > 0);
	assert_non_null(mkdtemp(path));
	return path;
}

/* Mounts are seen by this process alone. Users who may not mount here may there. */
static int set_up(void **state)
{
	below = make_folder();
	above = make_folder();
	if (unshare(geteuid() == 0 ? CLONE_NEWNS : CLONE_NEWNS | CLONE_NEWUSER) < 0 ||
	    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		return -1;
	return 0;
}

static int tear_down(void **state)
{
	rmdir(below);
	rmdir(above);
	free(below);
	free(above);
	return 0;
}

static dev_t device_of(const char *path)
{
	struct stat st;

	assert_int_equal(stat(path, &st), 0);
	return st.st_dev;
}

/* What is mounted on top is on another device, of which nothing would be learned. */
static void sees_what_is_mounted_over_a_place(void **state)
{
	struct scratch s = { .fd = -1 };
	dev_t device;

	assert_int_equal(mount("none", below, "tmpfs", 0, NULL), 0);
	device = device_of(below);
	assert_int_equal(mount(above, below, NULL, MS_BIND, NULL), 0);
	assert_true(device_of(below) != device);

	assert_int_equal(scratch_file_find(device, SIZE, &s), STATUS_OK);
	assert_int_equal(s.kind, SCRATCH_NONE);
	assert_int_equal(s.fd, -1);
	assert_int_equal(umount(below), 0);
	assert_int_equal(umount(below), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sees_what_is_mounted_over_a_place),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
