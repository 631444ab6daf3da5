/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Numbers, addresses, and character devices on a made /sys. */
#include <errno.h>
#include <sys/sysmacros.h>

#include "client/lib.h"
#include "client/place.h"
#include "common/cleanup.h"
#include "tests/unit/machine.h"

static int set_up(void **state)
{
	static struct machine m;

	machine_new(&m);
	*state = &m;
	return 0;
}

static int tear_down(void **state)
{
	machine_done(*state);
	return 0;
}

static void parses_places(void **state)
{
	static const char *const bad[] = { "",	     ":",	 "259",	       "259:",	  ":4",
					   "1:2:3",  "999999:1", "1:99999999", "-1:2",	  "0x1:2",
					   "259:4 ", "nvme0",	 "03:00",      "03:00.0/" };
	struct place p;
	char text[PLACE_MAX];

	assert_true(place_parse("259:4", &p));
	assert_true(p.by_number);
	assert_string_equal(place_format(&p, text), "259:4");
	assert_true(place_parse("03:00.1", &p));
	assert_false(p.by_number);
	assert_string_equal(place_format(&p, text), "0000:03:00.1");
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		if (place_parse(bad[i], &p))
			fail_msg("accepted: '%s'", bad[i]);
}

#define DRIVE "devices/pci0000:00/0000:00:01.0/0000:01:00.0/0000:02:00.0/0000:03:00.0/"

static void expect(const struct machine *m, const char *number, const char *target,
		   const char *expected)
{
	unsigned int a = 0, b = 0;
	struct place p = {};
	char path[64], text[PLACE_MAX];

	snprintf(path, sizeof(path), "dev/char/%s", number);
	tree_link(m->root, path, target);
	assert_int_equal(sscanf(number, "%u:%u", &a, &b), 2);
	if (!expected) {
		assert_int_equal(place_from_chardev(m->root, makedev(a, b), &p), -ENODEV);
		return;
	}
	assert_int_equal(place_from_chardev(m->root, makedev(a, b), &p), 0);
	assert_string_equal(place_format(&p, text), expected);
}

static void follows_character_devices(void **state)
{
	struct machine *m = *state;

	expect(m, "245:0", DRIVE "nvme/nvme0", "0000:03:00.0");
	tree_file(m->root, DRIVE "p2pmem0/dev", "243:0\n");
	expect(m, "243:0", DRIVE "p2pmem0", "0000:03:00.0");
	/* A generic device is its namespace: of a head, all paths. */
	tree_file(m->root, DRIVE "nvme/nvme0/ng0n1/dev", "244:0\n");
	expect(m, "244:0", DRIVE "nvme/nvme0/ng0n1", "259:0");
	tree_file(m->root, "devices/virtual/nvme-subsystem/nvme-subsys3/ng3n1/dev", "244:3\n");
	expect(m, "244:3", "devices/virtual/nvme-subsystem/nvme-subsys3/ng3n1", "259:4");
	/* One without a block device has its controller. */
	tree_file(m->root, DRIVE "nvme/nvme0/ng0n7/dev", "244:7\n");
	expect(m, "244:7", DRIVE "nvme/nvme0/ng0n7", "0000:03:00.0");
}

static void refuses_what_no_function_is_behind(void **state)
{
	struct machine *m = *state;
	struct place p;

	tree_file(m->root, "devices/virtual/mem/null/dev", "1:3\n");
	expect(m, "1:3", "devices/virtual/mem/null", NULL);
	expect(m, "245:9", "devices/virtual/nvme-fabrics/ctl/nvme9", NULL);
	tree_file(m->root, "devices/odd/00:1f.0/x/dev", "250:0\n");
	expect(m, "250:0", "devices/odd/00:1f.0/x", NULL);
	assert_int_equal(place_from_chardev(m->root, makedev(77, 77), &p), -ENODEV);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(parses_places),
		TEST(follows_character_devices),
		TEST(refuses_what_no_function_is_behind),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
