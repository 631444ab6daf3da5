/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reports of made machines: what is in them, what is not, and the way back. */
#include <fcntl.h>
#include <sys/stat.h>

#include "client/report.h"
#include "client/tree.h"
#include "topology/block.h"
#include "topology/scan.h"
#include "tests/unit/machine.h"

#define RELEASE "7.3.4-test"
#define DRIVE "devices/pci0000:00/0000:00:01.0/0000:01:00.0/0000:02:00.0/0000:03:00.0"

static struct machine machine;
static struct report report;

static int setup(void **state)
{
	machine_new(&machine);
	report = (struct report){};
	return 0;
}

static int teardown(void **state)
{
	report_done(&report);
	machine_done(&machine);
	return 0;
}

static const struct report_entry *find(const char *path)
{
	for (size_t i = 0; i < report.n_entries; i++)
		if (strcmp(report.entries[i].path, path) == 0)
			return &report.entries[i];
	return NULL;
}

static void expect(const char *path, const char *text)
{
	const struct report_entry *e = find(path);

	if (!e)
		fail_msg("%s is not in it", path);
	assert_non_null(e->data);
	assert_string_equal(e->data, text);
	assert_int_equal(e->size, strlen(text));
}

/* Neither in a path nor in a file nor in a link. */
static void nowhere(const char *word)
{
	for (size_t i = 0; i < report.n_entries; i++) {
		const struct report_entry *e = &report.entries[i];

		if (strstr(e->path, word) || (e->target && strstr(e->target, word)) ||
		    (e->data && memmem(e->data, e->size, word, strlen(word))))
			fail_msg("%s has '%s' in it", e->path, word);
	}
}

static void capture(void)
{
	assert_int_equal(report_sysfs(&report, &machine.sysfs), 0);
	report_sort(&report);
}

/* ---- sysfs ------------------------------------------------------------- */

static void what_matters_is_in_it(void **state)
{
	capture();
	expect("sys/" DRIVE "/class", "0x010802\n");
	expect("sys/" DRIVE "/p2pmem/size", "67108864\n");
	expect("sys/" DRIVE "/nvme/nvme0/serial", "cmb0      \n");
	expect("sys/" DRIVE "/nvme/nvme0/nvme0n1/dev", "259:0");
	expect("sys/" DRIVE "/nvme/nvme0/nvme0n1/queue/logical_block_size", "512\n");
	expect("sys/devices/virtual/block/md127/md/level", "raid1\n");
	expect("sys/devices/virtual/block/dm-0/dm/name", "root\n");
	assert_non_null(find("sys/bus/pci/devices/0000:03:00.0"));
	assert_string_equal(find("sys/bus/pci/devices/0000:03:00.0")->target, "../../../" DRIVE);
	assert_non_null(find("sys/dev/block/259:0"));
}

static void what_is_private_is_not(void **state)
{
	tree_file(machine.root, "devices/virtual/block/loop0/loop/backing_file", "/home/secret\n");
	tree_file(machine.root, DRIVE "/nvme/nvme0/subsysnqn", "nqn.secret\n");
	tree_file(machine.root, DRIVE "/nvme/nvme0/address", "traddr=secret\n");
	tree_file(machine.root, DRIVE "/nvme/nvme0/nvme0n1/wwid", "eui.secret\n");
	tree_file(machine.root, DRIVE "/secret", "secret\n");
	tree_file(machine.root, "class/net/secret", "secret\n");
	capture();
	nowhere("secret");
}

/* Extended capabilities: the serial number of the device, then another. */
static void put_config(void)
{
	static const unsigned char capabilities[] = {
		0x03, 0x00, 0x01, 0x11, 'S',  'E',  'C',  'R',	'E', 'T', '!', '!',
		0,    0,    0,	  0,	0x0d, 0x00, 0x01, 0x00, 'K', 'E', 'P', 'T',
	};
	char config[4096] = {}, path[300];
	FILE *f;

	memcpy(config + 0x100, capabilities, sizeof(capabilities));
	snprintf(path, sizeof(path), "%s/" DRIVE "/config", machine.root);
	f = fopen(path, "w");
	assert_non_null(f);
	assert_int_equal(fwrite(config, sizeof(config), 1, f), 1);
	fclose(f);
}

static void configuration_space_is_whole(void **state)
{
	put_config();
	capture();
	assert_int_equal(find("sys/" DRIVE "/config")->size, 4096);
	assert_memory_equal(find("sys/" DRIVE "/config")->data + 0x104, "SECRET!!", 8);
}

static void serials_are_numbered(void **state)
{
	static const char *const serials[] = { "cmb0", "plain1", "far2", "multi", "other5", NULL };

	put_config();
	report.hide_serials = true;
	capture();
	for (size_t i = 0; serials[i]; i++)
		nowhere(serials[i]);
	nowhere("SECRET");
	assert_memory_equal(find("sys/" DRIVE "/config")->data + 0x114, "KEPT", 4);
	expect("sys/" DRIVE "/nvme/nvme0/serial", "serial-1");
	/* Both ports of one drive have the same. */
	assert_int_equal(report.n_serials, 5);
}

/* A chain of capabilities that never ends is left, one that leads out as well. */
static void broken_configuration_space(void **state)
{
	char path[300], config[512] = {};
	FILE *f;

	memcpy(config + 0x100, "\x0d\x00\x01\x10", 4);
	memcpy(config + 0x1f8, "\x03\x00\x01\xff", 4);
	snprintf(path, sizeof(path), "%s/" DRIVE "/config", machine.root);
	report.hide_serials = true;
	f = fopen(path, "w");
	assert_non_null(f);
	assert_int_equal(fwrite(config, sizeof(config), 1, f), 1);
	fclose(f);
	capture();
	assert_int_equal(find("sys/" DRIVE "/config")->size, sizeof(config));
}

/* ---- the rest ---------------------------------------------------------- */

static void lines_of_the_system(void **state)
{
	const char *root = machine.root;

	tree_file(
		root, "proc/cmdline",
		"BOOT_IMAGE=/vmlinuz root=UUID=secret rd.luks.key=secret pci=disable_acs_redir=0000:00:01.0 "
		"iommu=pt nvme_core.multipath=N systemd.set_credential=secret quiet\n");
	tree_file(root, "proc/cpuinfo",
		  "processor\t: 0\nvendor_id\t: AuthenticAMD\ncpu family\t: 25\nmodel\t\t: 1\n"
		  "model name\t: EPYC\nflags\t: secret\n\nprocessor\t: 1\nvendor_id\t: secret\n");
	tree_file(root, "etc/os-release", "PRETTY_NAME=\"Debian\"\nID=debian\nHOME_URL=secret\n");
	tree_file(root, "boot/config-" RELEASE,
		  "CONFIG_PCI_P2PDMA=y\nCONFIG_ZONE_DEVICE=y\nCONFIG_BUILD_SALT=\"secret\"\n");
	tree_file(root, "lib/modules/" RELEASE "/modules.dep",
		  "kernel/secret.ko:\nupdates/p2pmem.ko: kernel/a.ko\n");
	assert_int_equal(report_system(&report, root, RELEASE), 0);
	report_sort(&report);
	nowhere("secret");
	expect("proc/cmdline",
	       "pci=disable_acs_redir=0000:00:01.0\niommu=pt\nnvme_core.multipath=N\n");
	expect("boot/config-" RELEASE, "CONFIG_PCI_P2PDMA=y\nCONFIG_ZONE_DEVICE=y\n");
	expect("lib/modules/" RELEASE "/modules.dep", "updates/p2pmem.ko: kernel/a.ko\n");
	expect("proc/sys/kernel/osrelease", RELEASE);
	assert_non_null(find("proc/cpuinfo"));
	assert_null(report.notes);
}

static void what_is_missing_is_noted(void **state)
{
	assert_int_equal(report_system(&report, machine.root, RELEASE), 0);
	assert_non_null(strstr(report.notes, "configuration"));
	assert_non_null(strstr(report.notes, "command line"));
}

/* ---- there and back ---------------------------------------------------- */

static void write_to(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0600);

	assert_true(fd >= 0);
	assert_int_equal(report_write(&report, fd), 0);
	close(fd);
}

static void same_functions(const struct topology *a, const struct topology *b)
{
	assert_int_equal(a->n_functions, b->n_functions);
	for (size_t i = 0; i < a->n_functions; i++) {
		const struct topology_function *f = a->functions[i], *g = b->functions[i];

		assert_memory_equal(&f->address, &g->address, sizeof(f->address));
		assert_string_equal(f->root->name, g->root->name);
		assert_int_equal(!f->parent, !g->parent);
		assert_int_equal(f->class, g->class);
		assert_int_equal(f->provider, g->provider);
		assert_int_equal(!f->driver, !g->driver);
		assert_int_equal(f->n_blocks, g->n_blocks);
	}
}

static void same_target(const struct sysfs *a, const struct sysfs *b, unsigned int major,
			unsigned int minor)
{
	struct block_target t = {}, u = {};
	int r = block_resolve(a, major, minor, NULL, &t);

	if (block_resolve(b, major, minor, NULL, &u) != r)
		fail_msg("%u:%u is another thing in the copy", major, minor);
	assert_int_equal(t.n_layers, u.n_layers);
	for (size_t i = 0; i < t.n_layers; i++) {
		assert_string_equal(t.layers[i].name, u.layers[i].name);
		assert_int_equal(t.layers[i].kind, u.layers[i].kind);
	}
	assert_int_equal(t.n_functions, u.n_functions);
	block_target_done(&t);
	block_target_done(&u);
}

static void a_report_is_read_like_the_machine(void **state)
{
	static const unsigned int numbers[][2] = { { 259, 0 }, { 259, 1 }, { 259, 4 }, { 253, 0 },
						   { 9, 127 }, { 7, 0 },   { 254, 0 } };
	struct topology here = {}, there = {};
	struct sysfs copy;
	struct tree tree;
	char path[80];

	tree_link(machine.root, "class/nvme-subsystem/nvme-subsys3",
		  "devices/virtual/nvme-subsystem/nvme-subsys3");
	capture();
	snprintf(path, sizeof(path), "%s/report.tar.gz", machine.root);
	write_to(path);
	assert_int_equal(tree_open(path, &tree), 0);
	assert_non_null(strstr(tree.root, "/" REPORT_FOLDER));
	assert_int_equal(sysfs_open(tree.sysfs, &copy), 0);
	assert_int_equal(topology_scan(&machine.sysfs, &here), 0);
	assert_int_equal(topology_scan(&copy, &there), 0);
	same_functions(&here, &there);
	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++)
		same_target(&machine.sysfs, &copy, numbers[i][0], numbers[i][1]);
	topology_done(&here);
	topology_done(&there);
	sysfs_done(&copy);
	tree_close(&tree);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_matters_is_in_it),	    TEST(what_is_private_is_not),
		TEST(configuration_space_is_whole), TEST(serials_are_numbered),
		TEST(broken_configuration_space),   TEST(lines_of_the_system),
		TEST(what_is_missing_is_noted),	    TEST(a_report_is_read_like_the_machine),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
