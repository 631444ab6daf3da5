/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What p2pmemctl takes for a device or a region, by lists and by tree. */
#include <errno.h>
#include <sys/mman.h>

#include "client/names.h"
#include "client/status.h"
#include "common/cleanup.h"
#include "tests/unit/machine.h"

static struct p2pmem_block_device blocks[] = {
	{ .name = "nvme0n1", .major = 259, .minor = 0 },
	{ .name = "nvme1n1", .major = 259, .minor = 2 },
	{ .name = "nvme3n1", .major = 259, .minor = 4 },
	{ .name = "nvme3n1", .major = 259, .minor = 4 },
	{ .name = "nvme5n1", .major = 259, .minor = 6 },
	{ .name = "nvme6n1", .major = 259, .minor = 7 },
};

/* A drive, one whose serial number is another's name, one with two controllers, two of a kind. */
static struct p2pmem_device devices[] = {
	{ .address = "0000:03:00.0", .serial = "cmb0", .block_devices = &blocks[0] },
	{ .address = "0000:04:00.0", .serial = "nvme0n1", .block_devices = &blocks[1] },
	{ .address = "0000:05:00.0", .serial = "multi", .block_devices = &blocks[2] },
	{ .address = "0000:07:00.0", .serial = "multi", .block_devices = &blocks[3] },
	{ .address = "0000:08:00.0", .serial = "twin", .block_devices = &blocks[4] },
	{ .address = "0000:09:00.0", .serial = "twin", .block_devices = &blocks[5] },
	{ .address = "0000:0a:00.0" },
};

static struct p2pmem_region regions[] = {
	{ .name = "p2pmem0", .provider = "0000:03:00.0", .serial = "cmb0" },
	{ .name = "p2pmem1", .provider = "0000:05:00.0", .serial = "multi" },
	{ .name = "p2pmem2", .provider = "0000:08:00.0", .serial = "twin" },
	{ .name = "0000:09:00.0", .provider = "0000:09:00.0", .serial = "twin" },
};

static struct names names = { .regions = regions, .devices = devices };

static int set_up(void **state)
{
	static struct machine m;

	machine_new(&m);
	for (size_t i = 0; i + 1 < ARRAY_SIZE(devices); i++)
		devices[i].next = &devices[i + 1];
	for (size_t i = 0; i + 1 < ARRAY_SIZE(regions); i++)
		regions[i].next = &regions[i + 1];
	names.tree = NULL;
	*state = &m;
	return 0;
}

static int tear_down(void **state)
{
	machine_done(*state);
	return 0;
}

static void expect_place(const char *name, const char *expected)
{
	char text[PLACE_MAX];
	struct place p = {};

	assert_int_equal(names_device(&names, name, &p), STATUS_OK);
	assert_string_equal(place_format(&p, text), expected);
}

/* Its messages go to @text rather than to the terminal. */
static int quietly(int (*call)(const char *name), const char *name, char *text, size_t size)
{
	int saved = dup(STDERR_FILENO), file = memfd_create("messages", MFD_CLOEXEC), status;
	ssize_t n;

	assert_true(saved >= 0 && dup2(file, STDERR_FILENO) >= 0);
	status = call(name);
	fflush(stderr);
	assert_true(dup2(saved, STDERR_FILENO) >= 0);
	close(saved);
	n = pread(file, text, size - 1, 0);
	text[n < 0 ? 0 : n] = '\0';
	close(file);
	return status;
}

static int find_device(const char *name)
{
	struct place p;

	return names_device(&names, name, &p);
}

static int find_region(const char *name)
{
	const struct p2pmem_region *r;

	return names_region(&names, name, &r);
}

static void expect_failure(int (*call)(const char *name), const char *name, int status,
			   const char *words)
{
	char text[2048];

	assert_int_equal(quietly(call, name, text, sizeof(text)), status);
	if (!strstr(text, words))
		fail_msg("'%s' does not say '%s'", text, words);
	assert_non_null(strstr(text, "remedy: "));
}

static void takes_places(void **state)
{
	expect_place("03:00.0", "0000:03:00.0");
	expect_place("10000:e1:00.0", "10000:e1:00.0");
	expect_place("259:77", "259:77");
}

static void takes_what_is_listed(void **state)
{
	expect_place("p2pmem1", "0000:05:00.0");
	expect_place("nvme1n1", "259:2");
	expect_place("cmb0", "0000:03:00.0");
}

/* The name that the kernel gave counts for more than what a drive calls itself. */
static void is_not_misled_by_a_serial(void **state)
{
	expect_place("nvme0n1", "259:0");
}

static void takes_a_drive_with_two_controllers(void **state)
{
	expect_place("multi", "259:4");
}

static void refuses_what_several_have(void **state)
{
	expect_failure(find_device, "twin", STATUS_USAGE, "0000:09:00.0 nvme6n1");
	expect_failure(find_region, "twin", STATUS_USAGE, "several regions");
}

static void refuses_what_nobody_has(void **state)
{
	expect_failure(find_device, "nobody", STATUS_NO_DEVICE, "nobody: No such file");
	expect_failure(find_device, "/dev/nobody", STATUS_NO_DEVICE, "/dev/nobody: No such file");
	expect_failure(find_device, "/dev/null", STATUS_NO_DEVICE, "character device");
}

static void takes_what_a_tree_has(void **state)
{
	struct machine *m = *state;

	names.tree = &m->sysfs;
	expect_place("nvme0n1p1", "259:1");
	expect_place("/dev/nvme0n1p1", "259:1");
	expect_place("md127", "9:127");
	expect_place("/dev/mapper/root", "253:0");
	expect_place("cmb0", "0000:03:00.0");
	expect_place("p2pmem0", "0000:03:00.0");
}

/* What this machine has by that name is another thing. */
static void leaves_this_machine_out_of_a_tree(void **state)
{
	struct machine *m = *state;
	char path[128];

	names.tree = &m->sysfs;
	snprintf(path, sizeof(path), "%s/bus", m->root);
	expect_failure(find_device, path, STATUS_NO_DEVICE, "in this tree");
	expect_failure(find_device, "/dev/null", STATUS_NO_DEVICE, "in this tree");
	expect_failure(find_device, "/dev/disk/by-id/x", STATUS_NO_DEVICE, "in this tree");
	expect_failure(find_device, "../../etc/passwd", STATUS_NO_DEVICE, "in this tree");
	expect_failure(find_device, "", STATUS_NO_DEVICE, "in this tree");
}

static void finds_regions(void **state)
{
	static const char *const of_first[] = { "p2pmem0",
						"0000:03:00.0",
						"03:00.0",
						"cmb0",
						"nvme0n1",
						"259:0",
						"/dev/p2pmem/by-path/pci-0000:03:00.0" };
	const struct p2pmem_region *r;

	for (size_t i = 0; i < ARRAY_SIZE(of_first); i++) {
		assert_int_equal(names_region(&names, of_first[i], &r), STATUS_OK);
		assert_string_equal(r->name, "p2pmem0");
	}
	assert_int_equal(names_region(&names, "nvme3n1", &r), STATUS_OK);
	assert_string_equal(r->name, "p2pmem1");
	assert_int_equal(names_region(&names, "0000:09:00.0", &r), STATUS_OK);
	assert_string_equal(r->provider, "0000:09:00.0");
}

static void finds_no_region_where_there_is_none(void **state)
{
	expect_failure(find_region, "nvme1n1", STATUS_NO_DEVICE, "no peer-to-peer memory");
	expect_failure(find_region, "0b:00.0", STATUS_NO_DEVICE, "no peer-to-peer memory");
	expect_failure(find_region, "p2pmem9", STATUS_NO_DEVICE, "p2pmem9");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(takes_places),
		TEST(takes_what_is_listed),
		TEST(is_not_misled_by_a_serial),
		TEST(takes_a_drive_with_two_controllers),
		TEST(refuses_what_several_have),
		TEST(refuses_what_nobody_has),
		TEST(takes_what_a_tree_has),
		TEST(leaves_this_machine_out_of_a_tree),
		TEST(finds_regions),
		TEST(finds_no_region_where_there_is_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
