/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What lies on what, and who uses it, on a made /sys: disk 259:0 with the
 * partitions 259:1 and 259:2, a device-mapper device 253:0 on 259:2, another
 * one 253:1 on that, and a disk 259:8 of its own.
 */
#include <errno.h>
#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>
#include <cmocka.h>

#include "client/blockdev.h"
#include "client/mountinfo.h"

static char sys[64];

static void folder(const char *path)
{
	char full[256];

	snprintf(full, sizeof(full), "%s/%s", sys, path);
	assert_int_equal(mkdir(full, 0755), 0);
}

static void attribute(const char *where, const char *name, const char *value)
{
	char full[256];
	FILE *f;

	snprintf(full, sizeof(full), "%s/%s/%s", sys, where, name);
	f = fopen(full, "w");
	assert_non_null(f);
	fputs(value, f);
	fclose(f);
}

static void link_to(const char *where, const char *name, const char *target)
{
	char full[256], absolute[256];

	snprintf(full, sizeof(full), "%s/%s/%s", sys, where, name);
	snprintf(absolute, sizeof(absolute), "%s/%s", sys, target);
	assert_int_equal(symlink(absolute, full), 0);
}

static void device(const char *path, const char *number)
{
	char sub[128], value[32];

	folder(path);
	snprintf(value, sizeof(value), "%s\n", number);
	attribute(path, "dev", value);
	snprintf(sub, sizeof(sub), "%s/holders", path);
	folder(sub);
	snprintf(sub, sizeof(sub), "%s/slaves", path);
	folder(sub);
	link_to("dev/block", number, path);
}

static void put_on(const char *upper, const char *lower)
{
	char sub[128];

	snprintf(sub, sizeof(sub), "%s/slaves", upper);
	link_to(sub, strrchr(lower, '/') + 1, lower);
	snprintf(sub, sizeof(sub), "%s/holders", lower);
	link_to(sub, strrchr(upper, '/') + 1, upper);
}

static int drop(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
	return remove(path);
}

static int setup(void **state)
{
	strcpy(sys, "/tmp/p2pmem-blockdev-XXXXXX");
	if (!mkdtemp(sys))
		return -1;
	folder("dev");
	folder("dev/block");
	folder("devices");
	device("devices/nvme0n1", "259:0");
	device("devices/nvme0n1/nvme0n1p1", "259:1");
	attribute("devices/nvme0n1/nvme0n1p1", "partition", "1\n");
	device("devices/nvme0n1/nvme0n1p2", "259:2");
	attribute("devices/nvme0n1/nvme0n1p2", "partition", "2\n");
	device("devices/dm-0", "253:0");
	device("devices/dm-1", "253:1");
	device("devices/nvme1n1", "259:8");
	put_on("devices/dm-0", "devices/nvme0n1/nvme0n1p2");
	put_on("devices/dm-1", "devices/dm-0");
	return 0;
}

static int teardown(void **state)
{
	return nftw(sys, drop, 16, FTW_DEPTH | FTW_PHYS);
}

#define DISK makedev(259, 0)
#define PART1 makedev(259, 1)
#define PART2 makedev(259, 2)
#define DM0 makedev(253, 0)
#define DM1 makedev(253, 1)
#define OTHER makedev(259, 8)

static void layers(void **state)
{
	static const struct {
		unsigned int upper[2], lower[2];
		bool lies_on;
	} cases[] = {
		{ { 259, 0 }, { 259, 0 }, true }, /* itself */
		{ { 259, 1 }, { 259, 0 }, true }, /* partition on its disk */
		{ { 259, 0 }, { 259, 1 }, false },
		{ { 259, 1 }, { 259, 2 }, false }, /* siblings */
		{ { 253, 0 }, { 259, 2 }, true },
		{ { 253, 0 }, { 259, 0 }, true }, /* through a partition */
		{ { 253, 1 }, { 259, 0 }, true }, /* through two layers */
		{ { 253, 1 }, { 259, 1 }, false },
		{ { 259, 8 }, { 259, 0 }, false },
		{ { 1, 1 }, { 259, 0 }, false }, /* nothing of that number */
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		assert_int_equal(blockdev_lies_on(sys,
						  makedev(cases[i].upper[0], cases[i].upper[1]),
						  makedev(cases[i].lower[0], cases[i].lower[1])),
				 cases[i].lies_on);
}

/* Devices that claim to lie on each other must not lead in circles. */
static void circles_end(void **state)
{
	put_on("devices/dm-0", "devices/dm-1");
	assert_false(blockdev_lies_on(sys, DM1, OTHER));
}

static char *users(const char *mounts, dev_t device_number)
{
	FILE *f = fmemopen((void *)mounts, strlen(mounts), "r");
	char *text = NULL;

	assert_non_null(f);
	assert_int_equal(blockdev_users(sys, f, device_number, &text), 0);
	fclose(f);
	return text;
}

static void names_users(void **state)
{
	const char *mounts = "24 1 259:1 / /mnt/a\\040b rw shared:1 - ext4 /dev/nvme0n1p1 rw\n"
			     "nonsense\n"
			     "25 1 0:25 / /proc rw - proc proc rw\n";
	char *text;

	text = users(mounts, PART1);
	assert_string_equal(text, "it is mounted at /mnt/a b");
	free(text);
	text = users(mounts, DISK);
	assert_non_null(strstr(text, "its partition nvme0n1p1 is mounted at /mnt/a b"));
	assert_non_null(strstr(text, "its partition nvme0n1p2 is part of dm-0"));
	free(text);
	text = users(mounts, DM0);
	assert_string_equal(text, "it is part of dm-1");
	free(text);
	assert_null(users(mounts, OTHER));
	text = users("24 1 259:0 / /disk rw - ext4 /dev/nvme0n1 rw\n", PART1);
	assert_string_equal(text, "its disk nvme0n1 is mounted at /disk");
	free(text);
}

static void parses_mounts(void **state)
{
	char line[] =
		"36 35 98:0 /root /tar\\134get\\011x rw,noatime master:1 shared:2 - ext3 /dev/r\\040t rw\n";
	char *bad[] = { strdup(""), strdup("36 35 98:0 / /x rw"), strdup("a b c - d e f\n"),
			strdup("36 35 98:0 - ext3 /dev/root\n"),
			strdup("36 35 9 / /x rw - a b c\n") };
	struct mount m;

	assert_true(mountinfo_parse(line, &m));
	assert_int_equal(m.id, 36);
	assert_int_equal(m.device, makedev(98, 0));
	assert_string_equal(m.target, "/tar\\get\tx");
	assert_string_equal(m.type, "ext3");
	assert_string_equal(m.source, "/dev/r t");
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		assert_false(mountinfo_parse(bad[i], &m));
		free(bad[i]);
	}
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(layers),
		TEST(circles_end),
		TEST(names_users),
		cmocka_unit_test(parses_mounts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
