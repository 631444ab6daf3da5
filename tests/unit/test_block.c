/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * From device numbers down to PCI functions, on made trees: the machine of
 * tests/mock/tree.h, and what each test stacks on its drives.
 */
#include <errno.h>

#include "common/cleanup.h"
#include "common/pci.h"
#include "topology/block.h"
#include "tests/unit/machine.h"

#define OLD "6.18.15-amd64"
#define NEW "7.3.4+deb13-cloud-amd64"

#define VIRTUAL "devices/virtual/block/"

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

/* A device that is built of the others in @lower, by their kernel names and ended by NULL. */
static void stack(const struct machine *m, const char *name, const char *number,
		  const char *const *lower)
{
	char dir[64], path[160], target[64];

	snprintf(dir, sizeof(dir), VIRTUAL "%s", name);
	tree_block(m->root, dir, number, NULL);
	for (; *lower; lower++) {
		snprintf(path, sizeof(path), "%s/slaves/%s", dir, *lower);
		snprintf(target, sizeof(target), "class/block/%s", *lower);
		tree_link(m->root, path, target);
	}
}

#define STACK(m, name, number, ...) \
	stack(m, name, number, (const char *const[]){ __VA_ARGS__, NULL })

static void attribute(const struct machine *m, const char *path, const char *text)
{
	char full[128];

	snprintf(full, sizeof(full), VIRTUAL "%s", path);
	tree_file(m->root, full, text);
}

static void partition(const struct machine *m, const char *dir, const char *number)
{
	char path[160];

	tree_block(m->root, dir, number, NULL);
	snprintf(path, sizeof(path), "%s/partition", dir);
	tree_file(m->root, path, "1\n");
}

static void resolve(const struct machine *m, unsigned int major, unsigned int minor,
		    const char *release, struct block_target *ret)
{
	*ret = (struct block_target){};
	assert_int_equal(block_resolve(&m->sysfs, major, minor, release, ret), 0);
	assert_true(ret->n_layers > 0);
}

/* "p1 [partition] disk [nvme]" in the order of the list. */
static void expect_layers(const struct block_target *t, const char *expected)
{
	char text[512] = "";

	for (size_t i = 0; i < t->n_layers; i++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%s [%s]",
			 i ? " " : "", t->layers[i].name, layer_kind_name(t->layers[i].kind));
	assert_string_equal(text, expected);
}

/* Addresses without their domain, in the order of the list. */
static void expect_functions(const struct block_target *t, const char *expected)
{
	char all[256] = "", one[PCI_ADDRESS_MAX];

	for (size_t i = 0; i < t->n_functions; i++)
		snprintf(all + strlen(all), sizeof(all) - strlen(all), "%s%s", i ? " " : "",
			 pci_address_format(&t->functions[i], one) + strlen("0000:"));
	assert_string_equal(all, expected);
}

static void expect_passed(const struct block_target *t)
{
	const struct layer *l = block_refusal(t);

	if (l)
		fail_msg("%s is in the way", l->name);
}

/* @words: what the reason has in it, or NULL. */
static void expect_words(const struct layer *l, const char *words)
{
	_cleanup_free_ char *why = NULL;
	const char *remedy;

	assert_int_equal(layer_reason(l, &why, &remedy), 0);
	assert_non_null(why);
	assert_non_null(remedy);
	assert_int_equal(strncmp(why, l->name, strlen(l->name)), 0);
	if (words && !strstr(why, words))
		fail_msg("'%s' does not say '%s'", why, words);
}

static void expect_refused(const struct block_target *t, const char *name, const char *words)
{
	const struct layer *l = block_refusal(t);

	assert_non_null(l);
	assert_string_equal(l->name, name);
	expect_words(l, words);
}

/* One device that passes, wherever the kernel has a say. */
static void expect(const struct machine *m, unsigned int major, unsigned int minor,
		   const char *layers, const char *functions)
{
	_cleanup_(block_target_done) struct block_target t;

	resolve(m, major, minor, NEW, &t);
	expect_layers(&t, layers);
	expect_functions(&t, functions);
	expect_passed(&t);
}

static void expect_in_the_way(const struct machine *m, unsigned int major, unsigned int minor,
			      const char *name, const char *words)
{
	_cleanup_(block_target_done) struct block_target t;

	resolve(m, major, minor, NEW, &t);
	expect_refused(&t, name, words);
}

/* ---- what passes ----------------------------------------------------- */

static void resolves_drives(void **state)
{
	expect(*state, 259, 0, "nvme0n1 [nvme]", "03:00.0");
	expect(*state, 259, 1, "nvme0n1p1 [partition] nvme0n1 [nvme]", "03:00.0");
	expect(*state, 259, 2, "nvme1n1 [nvme]", "04:00.0");
}

static void resolves_multipath(void **state)
{
	struct machine *m = *state;

	expect(m, 259, 4, "nvme3n1 [nvme-multipath] nvme3c3n1 [nvme] nvme3c4n1 [nvme]",
	       "05:00.0 07:00.0");
	partition(m, "devices/virtual/nvme-subsystem/nvme-subsys3/nvme3n1/nvme3n1p1", "259:14");
	expect(m, 259, 14,
	       "nvme3n1p1 [partition] nvme3n1 [nvme-multipath] nvme3c3n1 [nvme] nvme3c4n1 [nvme]",
	       "05:00.0 07:00.0");
}

static void resolves_md(void **state)
{
	struct machine *m = *state;

	STACK(m, "md1", "9:1", "nvme1n1", "nvme2n1");
	attribute(m, "md1/md/level", "raid0\n");
	expect(m, 9, 1, "md1 [md] nvme1n1 [nvme] nvme2n1 [nvme]", "04:00.0 06:00.0");
}

/* A partition of md on md on a partition and a multipath head. */
static void resolves_stacks(void **state)
{
	struct machine *m = *state;

	STACK(m, "md1", "9:1", "nvme0n1p1", "nvme3n1");
	attribute(m, "md1/md/level", "raid1\n");
	STACK(m, "md2", "9:2", "md1", "nvme1n1");
	attribute(m, "md2/md/level", "raid10\n");
	partition(m, VIRTUAL "md2/md2p1", "259:30");
	expect(m, 259, 30,
	       "md2p1 [partition] md2 [md] md1 [md] nvme1n1 [nvme] nvme0n1p1 [partition] "
	       "nvme3n1 [nvme-multipath] nvme0n1 [nvme] nvme3c3n1 [nvme] nvme3c4n1 [nvme]",
	       "04:00.0 03:00.0 05:00.0 07:00.0");
}

/* Two that share a drive. */
static void lists_each_once(void **state)
{
	struct machine *m = *state;

	STACK(m, "md2", "9:2", "nvme0n1");
	attribute(m, "md2/md/level", "raid1\n");
	STACK(m, "md3", "9:3", "nvme0n1", "md2");
	attribute(m, "md3/md/level", "raid1\n");
	expect(m, 9, 3, "md3 [md] md2 [md] nvme0n1 [nvme]", "03:00.0");

	STACK(m, "md1", "9:1", "nvme0n1p1", "nvme0n1");
	attribute(m, "md1/md/level", "raid0\n");
	expect(m, 9, 1, "md1 [md] nvme0n1 [nvme] nvme0n1p1 [partition]", "03:00.0");
}

/* ---- what does not --------------------------------------------------- */

static void names_what_never_passes(void **state)
{
	struct machine *m = *state;

	expect_in_the_way(m, 253, 0, "dm-0", NULL);
	expect_in_the_way(m, 7, 0, "loop0", NULL);
	expect_in_the_way(m, 254, 0, "vda", "takes no");
	expect_in_the_way(m, 259, 9, "nvme9n1", "network");
	tree_block(m->root, VIRTUAL "zram0", "252:0", NULL);
	expect_in_the_way(m, 252, 0, "zram0", "host memory");
	tree_block(m->root, VIRTUAL "nbd0", "43:0", NULL);
	expect_in_the_way(m, 43, 0, "nbd0", "socket");
	tree_block(m->root, VIRTUAL "novelty7", "240:0", NULL);
	expect_in_the_way(m, 240, 0, "novelty7", "not known");
	STACK(m, "bcache0", "251:0", "nvme1n1");
	attribute(m, "bcache0/bcache/state", "clean\n");
	expect_in_the_way(m, 251, 0, "bcache0", NULL);
}

static void names_scsi(void **state)
{
	struct machine *m = *state;
	static const char target[] = "devices/pci0000:00/0000:00:1f.2/ata1/target0/0:0:0:0";

	tree_link(m->root, "devices/pci0000:00/0000:00:1f.2/ata1/target0/0:0:0:0/subsystem",
		  "bus/scsi");
	tree_block(m->root, "devices/pci0000:00/0000:00:1f.2/ata1/target0/0:0:0:0/block/sda", "8:0",
		   target);
	expect_in_the_way(m, 8, 0, "sda", "takes no");
}

static void names_families_of_dm(void **state)
{
	static const char *const families[][3] = {
		{ "LVM-abcdef\n", "vg0-data\n", "(LVM, vg0-data) does not pass" },
		{ "CRYPT-LUKS2-x\n", "secret\n",
		  "(crypt, secret) does not pass peer-to-peer pages: it is the CPU" },
		{ "mpath-3600\n", "mpatha\n", "(multipath, mpatha)" },
		{ "\n", "plain\x1b[31m\n", "(device-mapper, plain" },
	};
	struct machine *m = *state;

	STACK(m, "dm-1", "253:1", "nvme1n1");
	for (size_t i = 0; i < ARRAY_SIZE(families); i++) {
		attribute(m, "dm-1/dm/uuid", families[i][0]);
		attribute(m, "dm-1/dm/name", families[i][1]);
		expect_in_the_way(m, 253, 1, "dm-1", families[i][2]);
	}
}

/* Its file is named, and no more than that. */
static void names_the_file_of_a_loop(void **state)
{
	struct machine *m = *state;

	attribute(m, "loop0/loop/backing_file", "/var/lib/image\n");
	expect_in_the_way(m, 7, 0, "loop0", "(/var/lib/image)");
}

static void names_levels_of_md(void **state)
{
	static const char *const levels[] = { "raid4", "raid5", "raid6", "linear", "container" };
	struct machine *m = *state;
	char text[32];

	STACK(m, "md1", "9:1", "nvme1n1", "nvme2n1");
	expect_in_the_way(m, 9, 1, "md1", NULL);
	for (size_t i = 0; i < ARRAY_SIZE(levels); i++) {
		snprintf(text, sizeof(text), "%s\n", levels[i]);
		attribute(m, "md1/md/level", text);
		expect_in_the_way(m, 9, 1, "md1", levels[i]);
	}
}

/* One path over a network spoils the head, whatever the others are. */
static void looks_at_all_paths(void **state)
{
	struct machine *m = *state;

	machine_unlink(m, "class/nvme/nvme4/device");
	tree_file(m->root, "class/nvme/nvme4/transport", "rdma\n");
	expect_in_the_way(m, 259, 4, "nvme3c4n1", "rdma");
}

/* The layer at fault, not one that refuses for it. */
static void looks_at_all_members(void **state)
{
	struct machine *m = *state;

	STACK(m, "dm-1", "253:1", "nvme2n1");
	attribute(m, "dm-1/dm/name", "vg0-data\n");
	STACK(m, "md1", "9:1", "nvme1n1", "dm-1");
	attribute(m, "md1/md/level", "raid1\n");
	expect_in_the_way(m, 9, 1, "dm-1", "vg0-data");
}

/* ---- the running kernel ---------------------------------------------- */

static void goes_by_the_kernel(void **state)
{
	static const char *const until[] = { "6.1.0-13-amd64", "6.12.107", OLD, "6.18" };
	static const char *const since[] = { NEW, "7.3", "7.10.1", "8.0.0-rc1" };
	static const char *const between[] = { "6.19.2", "7.0.0", "7.2", "", "next", NULL };
	struct machine *m = *state;
	struct block_target t;

	for (size_t i = 0; i < ARRAY_SIZE(until); i++) {
		resolve(m, 259, 4, until[i], &t);
		expect_refused(&t, "nvme3n1", "on this kernel");
		block_target_done(&t);
	}
	for (size_t i = 0; i < ARRAY_SIZE(since); i++) {
		resolve(m, 259, 4, since[i], &t);
		expect_passed(&t);
		block_target_done(&t);
	}
	for (size_t i = 0; i < ARRAY_SIZE(between); i++) {
		resolve(m, 259, 4, between[i], &t);
		expect_refused(&t, "nvme3n1", "depends on the kernel");
		block_target_done(&t);
	}
	resolve(m, 259, 1, NULL, &t);
	expect_passed(&t);
	block_target_done(&t);
}

struct asked {
	char numbers[256];
	unsigned int minor; /* for which @answer is given; 1 for all others */
	int answer;
};

static int ask(unsigned int major, unsigned int minor, void *userdata)
{
	struct asked *a = userdata;

	snprintf(a->numbers + strlen(a->numbers), sizeof(a->numbers) - strlen(a->numbers),
		 "%s%u:%u", *a->numbers ? " " : "", major, minor);
	return minor == a->minor ? a->answer : 1;
}

/* The same of all of the device mapper. */
static int ask_dm(unsigned int major, unsigned int minor, void *userdata)
{
	return major == 253 ? 0 : ask(major, minor, userdata);
}

static void asks_the_kernel(void **state)
{
	static const struct {
		int answer;
		const char *words;
	} cases[] = { { 0, "on this kernel" }, { -1, "depends on the kernel" } };
	struct machine *m = *state;
	struct block_target t;
	struct asked all = { .minor = 99 };

	STACK(m, "md1", "9:1", "nvme1n1", "nvme3n1");
	attribute(m, "md1/md/level", "raid0\n");
	resolve(m, 9, 1, OLD, &t);
	block_ask(&t, ask, &all);
	assert_string_equal(all.numbers, "259:4 259:2 9:1");
	expect_passed(&t);
	block_target_done(&t);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct asked one = { .minor = 1, .answer = cases[i].answer };

		resolve(m, 9, 1, NEW, &t);
		block_ask(&t, ask, &one);
		expect_refused(&t, "md1", cases[i].words);
		block_target_done(&t);
	}
}

/* The upper one refuses because the lower does. */
static void blames_the_lowest(void **state)
{
	struct machine *m = *state;
	struct asked none = { .minor = 99 };
	struct block_target t;

	STACK(m, "md4", "9:4", "nvme3n1");
	attribute(m, "md4/md/level", "raid1\n");
	resolve(m, 9, 4, NEW, &t);
	none.minor = 4; /* both 9:4 and 259:4 */
	block_ask(&t, ask, &none);
	expect_refused(&t, "nvme3n1", NULL);
	expect_words(&t.layers[0], "because a layer below it does not");
	block_target_done(&t);
}

/* It is no kernel's fault that md takes no more than what it is made of. */
static void explains_who_only_passes_it_on(void **state)
{
	struct asked none = { .minor = 4 };
	struct machine *m = *state;
	struct block_target t;

	STACK(m, "dm-1", "253:1", "nvme1n1");
	attribute(m, "dm-1/dm/name", "plain\n");
	STACK(m, "md4", "9:4", "dm-1", "nvme1n1");
	attribute(m, "md4/md/level", "raid0\n");
	resolve(m, 9, 4, NEW, &t);
	none.minor = 4;
	block_ask(&t, ask_dm, &none);
	expect_refused(&t, "dm-1", "device mapper");
	expect_words(&t.layers[0], "because a layer below it does not");
	block_target_done(&t);

	/* Of an old kernel it is also its own. */
	resolve(m, 9, 4, OLD, &t);
	block_ask(&t, ask_dm, &none);
	expect_words(&t.layers[0], "on this kernel");
	block_target_done(&t);

	/* With nothing below in the way it cannot be inherited. */
	STACK(m, "md5", "9:5", "nvme1n1");
	attribute(m, "md5/md/level", "raid0\n");
	resolve(m, 9, 5, NEW, &t);
	none.minor = 5;
	block_ask(&t, ask, &none);
	expect_refused(&t, "md5", "on this kernel");
	block_target_done(&t);
}

/* No answer turns what never passes into what does. */
static void keeps_what_is_certain(void **state)
{
	struct asked all = { .minor = 99 };
	struct machine *m = *state;
	struct block_target t;

	STACK(m, "md1", "9:1", "nvme1n1", "gone");
	attribute(m, "md1/md/level", "raid0\n");
	resolve(m, 9, 1, NEW, &t);
	block_ask(&t, ask, &all);
	expect_refused(&t, "gone", NULL);
	block_target_done(&t);

	STACK(m, "dm-1", "253:1", "nvme1n1");
	attribute(m, "dm-1/dm/uuid", "CRYPT-LUKS2-x\n");
	resolve(m, 253, 1, NEW, &t);
	block_ask(&t, ask, &all);
	expect_refused(&t, "dm-1", "encrypts");
	block_target_done(&t);
	resolve(m, 254, 0, NEW, &t);
	block_ask(&t, ask, &all);
	expect_refused(&t, "vda", NULL);
	block_target_done(&t);
}

/* ---- odd trees ------------------------------------------------------- */

static void knows_no_other_device(void **state)
{
	_cleanup_(block_target_done) struct block_target t = {};
	struct machine *m = *state;

	assert_int_equal(block_resolve(&m->sysfs, 8, 0, NEW, &t), -ENODEV);
	assert_int_equal(block_resolve(&m->sysfs, ~0U, ~0U, NEW, &t), -ENODEV);
}

static void wants_something_below(void **state)
{
	struct machine *m = *state;

	machine_unlink(m, "devices/virtual/nvme-subsystem/nvme-subsys3/nvme3");
	machine_unlink(m, "devices/virtual/nvme-subsystem/nvme-subsys3/nvme4");
	expect_in_the_way(m, 259, 4, "nvme3n1", "no device below");
	expect_in_the_way(m, 9, 127, "md127", "no device below");
}

/* What cannot be found may be anything. */
static void mistrusts_gaps(void **state)
{
	struct machine *m = *state;

	STACK(m, "md1", "9:1", "nvme1n1", "gone");
	attribute(m, "md1/md/level", "raid0\n");
	expect_in_the_way(m, 9, 1, "gone", "could not be looked into");
	tree_link(m->root, VIRTUAL "md1/slaves/out", "../../../../../../../../../../etc");
	expect_in_the_way(m, 9, 1, "gone", "could not be looked into");
	machine_unlink(m, VIRTUAL "md1/slaves/gone");
	expect_in_the_way(m, 9, 1, "out", "could not be looked into");
	machine_unlink(m, VIRTUAL "md1/slaves/out");
	tree_link(m->root, VIRTUAL "md1/slaves/folder", "bus");
	expect_in_the_way(m, 9, 1, "bus", NULL);
	tree_link(m->root, "devices/virtual/nvme-subsystem/nvme-subsys3/nvme77", "class/nvme/gone");
	expect_in_the_way(m, 259, 4, "nvme77", "could not be looked into");
}

static void ends_on_loops(void **state)
{
	_cleanup_(block_target_done) struct block_target t;
	struct machine *m = *state;

	STACK(m, "md1", "9:1", "md2", "md1");
	STACK(m, "md2", "9:2", "md1");
	attribute(m, "md1/md/level", "raid0\n");
	attribute(m, "md2/md/level", "raid0\n");
	resolve(m, 9, 1, NEW, &t);
	expect_layers(&t, "md1 [md] md2 [md]");
	expect_refused(&t, "md1", "no device below");
}

static void bounds_what_it_lists(void **state)
{
	_cleanup_(block_target_done) struct block_target t;
	struct machine *m = *state;
	char path[64];

	STACK(m, "md1", "9:1", "nvme1n1");
	attribute(m, "md1/md/level", "raid0\n");
	for (int i = 0; i < 1100; i++) {
		snprintf(path, sizeof(path), VIRTUAL "md1/slaves/x%d", i);
		tree_link(m->root, path, "nowhere");
	}
	resolve(m, 9, 1, NEW, &t);
	assert_true(t.n_layers <= 1024);
	expect_refused(&t, "md1", "could not be looked into");
}

/* ---- names ----------------------------------------------------------- */

static void finds_by_name(void **state)
{
	static const char *const bad[] = { "",	       ".",	   "..",
					   "nvme0",    "nvme0n1/", "gone",
					   "../block", "dm",	   "nvme0n1/nvme0n1p1" };
	struct machine *m = *state;
	unsigned int major, minor;

	assert_int_equal(block_find(&m->sysfs, "nvme0n1p1", &major, &minor), 0);
	assert_int_equal(major, 259);
	assert_int_equal(minor, 1);
	assert_int_equal(block_find(&m->sysfs, "root", &major, &minor), 0);
	assert_int_equal(major, 253);
	assert_int_equal(minor, 0);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		if (block_find(&m->sysfs, bad[i], &major, &minor) != -ENODEV)
			fail_msg("found: '%s'", bad[i]);
	STACK(m, "dm-1", "253:1", "nvme1n1");
	attribute(m, "dm-1/dm/name", "root\n");
	assert_int_equal(block_find(&m->sysfs, "root", &major, &minor), -ENOTUNIQ);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(resolves_drives),
		TEST(resolves_multipath),
		TEST(resolves_md),
		TEST(resolves_stacks),
		TEST(lists_each_once),
		TEST(names_what_never_passes),
		TEST(names_scsi),
		TEST(names_families_of_dm),
		TEST(names_the_file_of_a_loop),
		TEST(names_levels_of_md),
		TEST(looks_at_all_paths),
		TEST(looks_at_all_members),
		TEST(goes_by_the_kernel),
		TEST(asks_the_kernel),
		TEST(blames_the_lowest),
		TEST(explains_who_only_passes_it_on),
		TEST(keeps_what_is_certain),
		TEST(knows_no_other_device),
		TEST(wants_something_below),
		TEST(mistrusts_gaps),
		TEST(ends_on_loops),
		TEST(bounds_what_it_lists),
		TEST(finds_by_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
