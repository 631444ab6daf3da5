/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How much to transfer at a time, on a made /sys: disks and a partition. */
#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>
#include <cmocka.h>

#include "client/transfer.h"

#define KIB ((size_t)1024)
#define MIB (1024 * KIB)

static char sys[] = "/tmp/p2pmem-transfer-XXXXXX";

static const char *below(const char *path)
{
	static char full[128];

	snprintf(full, sizeof(full), "%s/%s", sys, path);
	return full;
}

static int setup(void **state)
{
	static const char *const folders[] = { "dev",	     "dev/block", "disk",
					       "disk/queue", "disk/part", "bare" };
	static const char *const numbers[] = { "dev/block/259:0", "dev/block/259:1",
					       "dev/block/259:2" };
	static const char *const devices[] = { "../../disk", "../../disk/part", "../../bare" };

	assert_non_null(mkdtemp(sys));
	for (size_t i = 0; i < 6; i++)
		assert_int_equal(mkdir(below(folders[i]), 0755), 0);
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(symlink(devices[i], below(numbers[i])), 0);
	return 0;
}

static int drop(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
	return remove(path);
}

static int teardown(void **state)
{
	return nftw(sys, drop, 8, FTW_DEPTH | FTW_PHYS);
}

static size_t max_with(const char *text)
{
	FILE *f = fopen(below("disk/queue/max_sectors_kb"), "w");

	assert_non_null(f);
	fputs(text, f);
	fclose(f);
	return transfer_max(sys, makedev(259, 0));
}

static void a_disk_has_a_limit(void **state)
{
	assert_int_equal(max_with("512\n"), 512 * KIB);
	assert_int_equal(max_with("1280\n"), 1280 * KIB);
}

static void a_partition_has_that_of_its_disk(void **state)
{
	max_with("128\n");
	assert_int_equal(transfer_max(sys, makedev(259, 1)), 128 * KIB);
}

static void what_says_nothing_has_none(void **state)
{
	assert_int_equal(transfer_max(sys, makedev(259, 2)), 0);
	assert_int_equal(transfer_max(sys, makedev(259, 9)), 0);
	assert_int_equal(transfer_max("/nowhere", makedev(259, 0)), 0);
	assert_int_equal(max_with(""), 0);
	assert_int_equal(max_with("many\n"), 0);
	assert_int_equal(max_with("18446744073709551615\n"), 0);
	assert_int_equal(max_with("99999999999999999999999\n"), 0);
}

static void the_smaller_limit_counts(void **state)
{
	assert_int_equal(transfer_size(0, 0), MIB);
	assert_int_equal(transfer_size(512 * KIB, 0), 512 * KIB);
	assert_int_equal(transfer_size(0, 256 * KIB), 256 * KIB);
	assert_int_equal(transfer_size(512 * KIB, 128 * KIB), 128 * KIB);
	assert_int_equal(transfer_size(4 * MIB, 1280 * KIB), MIB);
}

/* A floppy's, say. */
static void nor_is_it_less_than_pays(void **state)
{
	assert_int_equal(transfer_size(4 * KIB, MIB), 64 * KIB);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_disk_has_a_limit),
		cmocka_unit_test(a_partition_has_that_of_its_disk),
		cmocka_unit_test(what_says_nothing_has_none),
		cmocka_unit_test(the_smaller_limit_counts),
		cmocka_unit_test(nor_is_it_less_than_pays),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
