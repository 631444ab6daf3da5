/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reports of made machines: what is in them, what is not, and the way back. */
#include <fcntl.h>
#include <sys/stat.h>

#include "common/cleanup.h"
#include "client/capture.h"
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

/* A drive with PCI Express, a capability of its vendor, and serial number and ACS in extended space. */
static void put_config(void)
{
	static const unsigned char extended[] = {
		0x03, 0x00, 0x01, 0x11, 'S',  'E',  'C',  'R',	'E', 'T', '!', '!',
		0,    0,    0,	  0,	0x0d, 0x00, 0x01, 0x14, 'K', 'E', 'P', 'T',
	};
	char config[4096] = {}, path[300];
	FILE *f;

	memcpy(config, "\xf4\x1a\x01\x00\x00\x00\x10\x00", 8);
	config[0x34] = 0x40;
	memcpy(config + 0x40,
	       "\x10\x60\x02\x00"
	       "EXPRESS",
	       11);
	memcpy(config + 0x80, "SECRET", 6);
	memcpy(config + 0x60,
	       "\x09\x00\x10\x00"
	       "EXPRESS",
	       11);
	memcpy(config + 0xa0, "SECRET", 6);
	memcpy(config + 0x100, extended, sizeof(extended));
	memcpy(config + 0x140,
	       "\x0b\x00\x01\x00"
	       "SECRET",
	       10);
	snprintf(path, sizeof(path), "%s/" DRIVE "/config", machine.root);
	f = fopen(path, "w");
	assert_non_null(f);
	assert_int_equal(fwrite(config, sizeof(config), 1, f), 1);
	fclose(f);
}

/* The serial number of a network card is its MAC address. */
static void configuration_space_says_where_and_not_who(void **state)
{
	const struct report_entry *e;

	put_config();
	capture();
	e = find("sys/" DRIVE "/config");
	assert_int_equal(e->size, 4096);
	nowhere("SECRET");
	assert_memory_equal(e->data, "\xf4\x1a\x01\x00", 4);
	assert_memory_equal(e->data + 0x40,
			    "\x10\x60\x02\x00"
			    "EXPRESS",
			    11);
	assert_memory_equal(e->data + 0x60, "\x09\x00\x10\x00", 4);
	assert_memory_equal(e->data + 0x100, "\x03\x00\x01\x11\0\0\0\0\0\0\0\0", 12);
	assert_memory_equal(e->data + 0x110, "\x0d\x00\x01\x14KEPT", 8);
	assert_memory_equal(e->data + 0x140, "\x0b\x00\x01\x00\0\0", 6);
}

/* What reads as ones must not come to read as an end. */
static void configuration_space_of_the_gone(void **state)
{
	char config[4096], ones[4096];

	memset(config, 0xff, sizeof(config));
	memset(ones, 0xff, sizeof(ones));
	for (size_t n = 0; n <= sizeof(config); n += 4)
		capture_blank_config(config, n);
	assert_memory_equal(config, ones, 64);
	assert_memory_equal(config + 0xfc, ones, 8);
}

static void serials_are_numbered(void **state)
{
	static const char *const serials[] = { "cmb0", "plain1", "far2", "multi", "other5", NULL };

	report.hide_serials = true;
	capture();
	for (size_t i = 0; serials[i]; i++)
		nowhere(serials[i]);
	expect("sys/" DRIVE "/nvme/nvme0/serial", "serial-1");
	expect("sys/devices/virtual/block/dm-0/dm/name", "volume-1");
}

/* The same whether sysfs says it, with blanks and what else is in it, or a verb. */
static void one_thing_has_one_number(void **state)
{
	_cleanup_free_ char *a = report_replace(&report, "serial",
						"  S\x1b"
						"1 \n");
	_cleanup_free_ char *b = report_replace(&report, "serial",
						"S\xef\xbf\xbd"
						"1");
	_cleanup_free_ char *c = report_replace(&report, "serial", "S2");
	_cleanup_free_ char *d = report_replace(&report, "tenant", "S2");

	assert_string_equal(a, "serial-1");
	assert_string_equal(b, "serial-1");
	assert_string_equal(c, "serial-2");
	assert_string_equal(d, "tenant-1");
}

static void volumes_without_uuids(void **state)
{
	const char *dm = "devices/virtual/block/dm-0/dm/";
	char path[80];

	snprintf(path, sizeof(path), "%sname", dm);
	tree_file(machine.root, path, "luks-0a1B2c3d-1111-2222-3333-444455556666\n");
	snprintf(path, sizeof(path), "%suuid", dm);
	tree_file(machine.root, path, "CRYPT-LUKS2-0a1b2c3d111122223333444455556666-secret\n");
	capture();
	expect("sys/devices/virtual/block/dm-0/dm/name",
	       "luks-00000000-0000-0000-0000-000000000000\n");
	expect("sys/devices/virtual/block/dm-0/dm/uuid", "CRYPT-");
}

static void leases_without_people(void **state)
{
	char *text = strdup("{\"leases\":[{\"id\":\"x\",\"tenant\":\"unit:secret.service\","
			    "\"rule\":\"secret\",\"name\":\"secret\",\"region\":\"p2pmem0\"}],"
			    "\"regions\":[{\"name\":\"p2pmem0\",\"serial\":\"S1\"}]}");

	assert_int_equal(report_hide(&report, &text), 0);
	assert_null(strstr(text, "secret"));
	assert_non_null(strstr(text, "tenant-1"));
	assert_non_null(strstr(text, "\"name\": \"p2pmem0\"") ?:
								strstr(text, "\"name\":\"p2pmem0\""));
	assert_non_null(strstr(text, "S1"));
	free(text);
}

static void log_lines(void **state)
{
	assert_true(report_is_ours("<6>[    1.0] nvme 0000:03:00.0: p2pmem: peer-to-peer memory"));
	assert_true(report_is_ours("<3>[    1.0] p2pmem: not loaded"));
	assert_false(report_is_ours("<6>[    1.0] nvme 0000:03:00.0: nothing of it"));
	assert_false(report_is_ours("<30>[    1.0] systemd[1]: Started p2pmemd at myhost"));
	assert_false(report_is_ours("<5>[    1.0] audit: type=1400 comm=\"p2pmemd\" hostname=x"));
	assert_false(report_is_ours("p2pmem without a priority"));
}

/* A chain of capabilities that never ends is left, one that leads out as well. */
static void broken_configuration_space(void **state)
{
	char path[300], config[512] = {};
	FILE *f;

	config[0x34] = (char)0xfc;
	memcpy(config + 0xfc, "\x10\xfc", 2);
	memcpy(config + 0x100, "\x0d\x00\x01\x10", 4);
	memcpy(config + 0x1f8, "\x0d\x00\x01\xff", 4);
	snprintf(path, sizeof(path), "%s/" DRIVE "/config", machine.root);
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

/* Also where the configuration space that has it was not to be read. */
static void a_port_keeps_its_type(void **state)
{
	static const struct p2pmem_pci_address port = { .bus = 0, .devfn = 1 << 3 };
	struct topology there = {};
	struct sysfs copy;
	struct tree tree;
	char path[80];

	tree_file(machine.root, "devices/pci0000:00/0000:00:01.0/0000:00:01.0:pcie001/uevent", "");
	capture();
	snprintf(path, sizeof(path), "%s/report.tar.gz", machine.root);
	write_to(path);
	assert_int_equal(tree_open(path, &tree), 0);
	assert_int_equal(sysfs_open(tree.sysfs, &copy), 0);
	assert_int_equal(topology_scan(&copy, &there), 0);
	assert_non_null(topology_find(&there, &port));
	assert_int_equal(topology_find(&there, &port)->type, TOPOLOGY_TYPE_ROOT_PORT);
	topology_done(&there);
	sysfs_done(&copy);
	tree_close(&tree);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_matters_is_in_it),
		TEST(what_is_private_is_not),
		TEST(configuration_space_says_where_and_not_who),
		TEST(configuration_space_of_the_gone),
		TEST(one_thing_has_one_number),
		TEST(volumes_without_uuids),
		TEST(leases_without_people),
		TEST(log_lines),
		TEST(a_port_keeps_its_type),
		TEST(serials_are_numbered),
		TEST(broken_configuration_space),
		TEST(lines_of_the_system),
		TEST(what_is_missing_is_noted),
		TEST(a_report_is_read_like_the_machine),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
