/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Trees as they are, as they change, and as somebody may make them up. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "common/cleanup.h"
#include "common/pci.h"
#include "topology/lookup.h"
#include "topology/scan.h"
#include "tests/unit/machine.h"

#define SWITCH "pci0000:00/0000:00:01.0/0000:01:00.0/"
#define DRIVE_A SWITCH "0000:02:00.0/0000:03:00.0"
#define HEADS "/devices/virtual/nvme-subsystem/nvme-subsys3"

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

static struct topology_function *function(const struct topology *t, const char *address)
{
	struct p2pmem_pci_address a;

	assert_int_equal(pci_address_parse(address, &a), 0);
	return topology_find(t, &a);
}

/* Functions and roots fit together, whatever the tree was. */
static void check(const struct topology *t)
{
	for (size_t i = 0; i < t->n_functions; i++) {
		const struct topology_function *f = t->functions[i];
		size_t depth = 0;

		assert_ptr_equal(topology_find(t, &f->address), f);
		assert_non_null(f->root);
		for (const struct topology_function *p = f->parent; p; p = p->parent) {
			assert_ptr_equal(topology_find(t, &p->address), p);
			assert_ptr_equal(p->root, f->root);
			assert_in_range(depth++, 0, t->n_functions);
		}
	}
	for (size_t i = 0; i < t->n_roots; i++)
		assert_ptr_equal(topology_root((struct topology *)t, t->roots[i]->domain,
					       t->roots[i]->bus),
				 t->roots[i]);
}

static void scan(const struct machine *m, struct topology *t)
{
	assert_int_equal(topology_scan(&m->sysfs, t), 0);
	check(t);
}

static void update(const struct machine *m, struct topology *t, const char *path)
{
	assert_int_equal(topology_update(&m->sysfs, t, path), 0);
	check(t);
}

static void assert_above(const struct topology *t, const char *address, const char *parent)
{
	char text[PCI_ADDRESS_MAX];

	if (parent)
		assert_string_equal(
			pci_address_format(&function(t, address)->parent->address, text), parent);
	else
		assert_null(function(t, address)->parent);
}

static void config(const struct machine *m, const char *path, int type, int acs, size_t size)
{
	const struct tree_config c = {
		.type = type,
		.acs = acs,
		.header = type >= 4,
		.size = size,
	};

	tree_config(m->root, path, &c);
}

static void make_link(const struct machine *m, const char *path, const char *target)
{
	char full[256];

	snprintf(full, sizeof(full), "%s/%s", m->root, path);
	assert_int_equal(symlink(target, full), 0);
}

/* ---- what is there ----------------------------------------------------- */

static void reads_switches(void **state)
{
	_cleanup_(topology_done) struct topology t = {};
	const struct machine *m = *state;

	config(m, "pci0000:00/0000:00:01.0", TOPOLOGY_TYPE_ROOT_PORT, 0x1d, 0);
	config(m, "pci0000:00/0000:00:01.0/0000:01:00.0", TOPOLOGY_TYPE_UPSTREAM, -1, 0);
	config(m, SWITCH "0000:02:00.0", TOPOLOGY_TYPE_DOWNSTREAM, 0, 0);
	config(m, SWITCH "0000:02:01.0", TOPOLOGY_TYPE_DOWNSTREAM, 0, 64);
	scan(m, &t);
	assert_int_equal(function(&t, "00:01.0")->type, TOPOLOGY_TYPE_ROOT_PORT);
	assert_int_equal(function(&t, "00:01.0")->acs.control, 0x1d);
	assert_true(function(&t, "00:01.0")->bridge);
	assert_int_equal(function(&t, "01:00.0")->acs.state, TOPOLOGY_ACS_ABSENT);
	assert_int_equal(function(&t, "02:00.0")->acs.state, TOPOLOGY_ACS_PRESENT);
	assert_int_equal(function(&t, "02:01.0")->acs.state, TOPOLOGY_ACS_UNKNOWN);
	assert_true(function(&t, "02:01.0")->bridge);
	/* Nothing but the class is known of those without a config file. */
	assert_true(function(&t, "02:02.0")->bridge);
	assert_int_equal(function(&t, "02:02.0")->acs.state, TOPOLOGY_ACS_UNKNOWN);
	assert_false(function(&t, "03:00.0")->bridge);
	assert_above(&t, "03:00.0", "0000:02:00.0");
	assert_above(&t, "02:00.0", "0000:01:00.0");
	assert_above(&t, "00:01.0", NULL);
	assert_int_equal(t.n_roots, 2);
}

/* Whoever may not read the capability knows a port by what runs on it. */
static void reads_services(void **state)
{
	_cleanup_(topology_done) struct topology t = {};
	const struct machine *m = *state;

	config(m, "pci0000:00/0000:00:01.0", TOPOLOGY_TYPE_ROOT_PORT, 0, 64);
	tree_file(m->root, "devices/pci0000:00/0000:00:01.0/0000:00:01.0:pcie001/x", "");
	config(m, SWITCH "0000:02:00.0", TOPOLOGY_TYPE_DOWNSTREAM, 0, 64);
	tree_file(m->root, "devices/" SWITCH "0000:02:00.0/0000:02:00.0:pcie210/x", "");
	config(m, SWITCH "0000:02:01.0", TOPOLOGY_TYPE_DOWNSTREAM, 0, 64);
	tree_file(m->root, "devices/" SWITCH "0000:02:01.0/0000:02:00.0:pcie010/x", "");
	tree_file(m->root, "devices/" SWITCH "0000:02:01.0/0000:02:01.0:pcie0100/x", "");
	tree_file(m->root, "devices/" SWITCH "0000:02:01.0/0000:02:01.0:pcie901/x", "");
	scan(m, &t);
	assert_int_equal(function(&t, "00:01.0")->type, TOPOLOGY_TYPE_ROOT_PORT);
	assert_int_equal(function(&t, "02:00.0")->type, TOPOLOGY_TYPE_DOWNSTREAM);
	assert_int_equal(function(&t, "02:01.0")->type, TOPOLOGY_TYPE_UNKNOWN);
	assert_int_equal(function(&t, "00:01.0")->acs.state, TOPOLOGY_ACS_UNKNOWN);
}

/* Behind a VMD begins another machine; virtual functions hang where their physical one does. */
static void places(void **state)
{
	_cleanup_(topology_done) struct topology t = {};
	const struct machine *m = *state;

	tree_pci(m->root, "pci0000:00/0000:00:0e.0/pci10000:e0/10000:e0:06.0/10000:e1:00.0",
		 "0x010802\n");
	tree_pci(m->root, SWITCH "0000:02:00.0/0000:03:00.3", "0x010802\n");
	tree_pci(m->root, "platform/abc.pcie/pci0001:00/0001:00:00.0", "0x060400\n");
	scan(m, &t);
	assert_string_equal(function(&t, "10000:e1:00.0")->root->name, "pci10000:e0");
	assert_above(&t, "10000:e1:00.0", "10000:e0:06.0");
	assert_above(&t, "10000:e0:06.0", NULL);
	assert_string_equal(function(&t, "0000:00:0e.0")->root->name, "pci0000:00");
	assert_above(&t, "03:00.3", "0000:02:00.0");
	assert_string_equal(function(&t, "0001:00:00.0")->root->name, "pci0001:00");
}

static void reads_processor(void **state)
{
	static const struct {
		const char *text;
		bool known, amd;
		unsigned int family;
	} cases[] = {
		{ "cpu:type:x86,ven0002fam0019mod0001:feature:,0000\n", true, true, 0x19 },
		{ "cpu:type:x86,ven0000fam0006mod006A:feature:\n", true, false, 6 },
		{ "cpu:type:x86,ven0009fam0018mod0000:feature:\n", true, false, 0x18 },
		{ "cpu:type:aarch64:feature:,0000\n", true, false, 0 },
		{ "cpu:type:x86,ven00\n", false, false, 0 },
		{ "cpu:type:x86,ven0002famxyz\n", false, false, 0 },
		{ "\n", false, false, 0 },
		{ "nonsense\n", false, false, 0 },
	};
	struct machine *m = *state;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_(topology_done) struct topology t = {};

		tree_file(m->root, "devices/system/cpu/modalias", cases[i].text);
		scan(m, &t);
		assert_int_equal(t.cpu.known, cases[i].known);
		assert_int_equal(t.cpu.amd, cases[i].amd);
		assert_int_equal(t.cpu.family, cases[i].family);
	}
}

/* ---- what changes ------------------------------------------------------ */

static void adds(void **state)
{
	_cleanup_(topology_done) struct topology t = {};
	struct machine *m = *state;
	size_t n;

	scan(m, &t);
	n = t.n_functions;
	tree_nvme(m->root, SWITCH "0000:02:05.0/0000:09:00.0", 8, "new\n", "New\n");
	tree_namespace(m->root, SWITCH "0000:02:05.0/0000:09:00.0", 8, "259:10");
	/* The bridge above it comes along, if its event is late. */
	update(m, &t, "/devices/" SWITCH "0000:02:05.0/0000:09:00.0/nvme/nvme8/nvme8n1");
	assert_int_equal(t.n_functions, n + 2);
	assert_above(&t, "09:00.0", "0000:02:05.0");
	assert_ptr_equal(function(&t, "02:05.0")->parent, function(&t, "01:00.0"));
	assert_int_equal(function(&t, "09:00.0")->n_blocks, 1);
	update(m, &t, "/devices/" SWITCH "0000:02:05.0");
	assert_int_equal(t.n_functions, n + 2);
}

static void removes(void **state)
{
	_cleanup_(topology_done) struct topology t = {};
	struct machine *m = *state;
	size_t n;

	scan(m, &t);
	n = t.n_functions;
	machine_unlink(m, "bus/pci/devices/0000:04:00.0");
	update(m, &t, "/devices/" SWITCH "0000:02:01.0/0000:04:00.0");
	assert_null(function(&t, "04:00.0"));
	assert_int_equal(t.n_functions, n - 1);
	/* A bridge takes what is below it along, and the last function its root bus. */
	machine_unlink(m, "bus/pci/devices/0000:00:01.0");
	update(m, &t, "/devices/pci0000:00/0000:00:01.0");
	assert_null(function(&t, "03:00.0"));
	assert_null(function(&t, "01:00.0"));
	assert_non_null(function(&t, "06:00.0"));
	assert_int_equal(t.n_roots, 2);
	machine_unlink(m, "bus/pci/devices/0000:80:01.0");
	update(m, &t, "/devices/pci0000:80/0000:80:01.0");
	assert_int_equal(t.n_roots, 1);
	assert_null(function(&t, "81:00.0"));
	update(m, &t, "/devices/pci0000:80/0000:80:01.0");
}

/* The function stays where others point to. */
static void rebinds(void **state)
{
	_cleanup_(topology_done) struct topology t = {};
	const struct topology_function *a, *above;
	struct machine *m = *state;

	scan(m, &t);
	a = function(&t, "03:00.0");
	above = a->parent;
	assert_true(a->provider);
	machine_unlink(m, "devices/" DRIVE_A "/driver");
	machine_unlink(m, "devices/" DRIVE_A "/p2pmem/size");
	machine_unlink(m, "class/block/nvme0n1");
	assert_true(a->provider);
	update(m, &t, "/devices/" DRIVE_A);
	assert_ptr_equal(function(&t, "03:00.0"), a);
	assert_ptr_equal(a->parent, above);
	assert_null(a->driver);
	assert_false(a->provider);
	assert_int_equal(a->n_blocks, 0);
	tree_link(m->root, "devices/" DRIVE_A "/driver", "bus/pci/drivers/vfio-pci");
	tree_p2pmem(m->root, "0000:03:00.0", 4096, 4096);
	update(m, &t, "/devices/" DRIVE_A "/p2pmem/p2pmem0");
	assert_string_equal(a->driver, "vfio-pci");
	assert_true(a->provider);
}

/* A bridge that is read again keeps what is below it, and its ACS is seen. */
static void rereads_bridges(void **state)
{
	_cleanup_(topology_done) struct topology t = {};
	struct machine *m = *state;

	scan(m, &t);
	config(m, SWITCH "0000:02:00.0", TOPOLOGY_TYPE_DOWNSTREAM, 0x0c, 0);
	assert_int_equal(function(&t, "02:00.0")->acs.state, TOPOLOGY_ACS_UNKNOWN);
	update(m, &t, "/devices/" SWITCH "0000:02:00.0");
	assert_int_equal(function(&t, "02:00.0")->acs.control, 0x0c);
	assert_ptr_equal(function(&t, "03:00.0")->parent, function(&t, "02:00.0"));
}

static void follows_heads(void **state)
{
	_cleanup_(topology_done) struct topology t = {};
	struct machine *m = *state;

	machine_unlink(m, "class/block/nvme3n1");
	scan(m, &t);
	assert_int_equal(function(&t, "05:00.0")->n_blocks, 0);
	tree_link(m->root, "class/block/nvme3n1", HEADS "/nvme3n1" + 1);
	update(m, &t, HEADS "/nvme3n1");
	assert_int_equal(function(&t, "05:00.0")->n_blocks, 1);
	assert_int_equal(function(&t, "07:00.0")->n_blocks, 1);
	machine_unlink(m, "class/block/nvme3n1");
	machine_unlink(m, HEADS "/nvme3");
	/* Also with the path from head to function gone before it. */
	update(m, &t, HEADS "/nvme3n1");
	assert_int_equal(function(&t, "05:00.0")->n_blocks, 0);
	assert_int_equal(function(&t, "07:00.0")->n_blocks, 0);
}

static void notices_moves(void **state)
{
	_cleanup_(topology_done) struct topology t = {};
	struct machine *m = *state;

	scan(m, &t);
	machine_unlink(m, "bus/pci/devices/0000:06:00.0");
	tree_pci(m->root, "pci0000:00/0000:00:03.0/0000:06:00.0", "0x010802\n");
	assert_int_equal(topology_update(&m->sysfs, &t, "/devices/pci0000:00/0000:06:00.0"),
			 TOPOLOGY_STALE);
	check(&t);
}

/* Only what an event touches is read. */
static void reads_no_more(void **state)
{
	static const char *const paths[] = {
		"/devices/" SWITCH "0000:02:01.0/0000:04:00.0",
		"/devices/virtual/block/dm-0",
		"/devices/virtual/misc/p2pmem-control",
		HEADS,
		"",
		"/",
		"/devices/pci0000:00",
		"../../../../pci0000:00/0000:00:1f.7",
		"/devices/pci0000:00/0000:00:1f.7/../../../etc",
		"/devices/pci\x1b[31m:00/\xff",
		"/devices/virtual/nvme-subsystem/nvme-subsys",
		"/devices/virtual/nvme-subsystem/nvme-subsys3x/nvme0n1",
		"/devices/virtual/nvme-subsystem/nvme-subsys99999999999999/nvme0n1",
		"/devices/virtual/nvme-subsystem/../../nvme0n1",
	};
	_cleanup_(topology_done) struct topology t = {};
	struct machine *m = *state;

	scan(m, &t);
	machine_unlink(m, "bus/pci/devices/0000:03:00.0");
	machine_unlink(m, "bus/pci/devices/0000:06:00.0");
	for (size_t i = 0; i < ARRAY_SIZE(paths); i++)
		update(m, &t, paths[i]);
	assert_non_null(function(&t, "03:00.0"));
	assert_non_null(function(&t, "06:00.0"));
}

static void come_and_go(const struct machine *m)
{
	char bridge[256], drive[256];

	snprintf(bridge, sizeof(bridge), "%s/devices/pci0000:00/0000:00:01.0", m->root);
	snprintf(drive, sizeof(drive), "%s/devices/gone", m->root);
	for (;;)
		if (rename(bridge, drive) < 0 || rename(drive, bridge) < 0)
			_exit(1);
}

/* Whatever is seen of a switch that comes and goes, it is in its place. */
static void survives_changes(void **state)
{
	struct machine *m = *state;
	pid_t child = fork();
	int status;

	if (child == 0)
		come_and_go(m);
	for (int i = 0; i < 300; i++) {
		_cleanup_(topology_done) struct topology t = {};
		const struct topology_function *f;

		scan(m, &t);
		f = function(&t, "03:00.0");
		if (f)
			assert_above(&t, "03:00.0", "0000:02:00.0");
		update(m, &t, "/devices/" DRIVE_A);
	}
	kill(child, SIGKILL);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSIGNALED(status));
}

/* ---- what somebody made up --------------------------------------------- */

/* A bridge that is not listed is there, since something is below it. */
static void finds_unlisted_bridges(void **state)
{
	_cleanup_(topology_done) struct topology t = {};
	struct machine *m = *state;

	machine_unlink(m, "bus/pci/devices/0000:01:00.0");
	scan(m, &t);
	assert_above(&t, "02:00.0", "0000:01:00.0");
	assert_above(&t, "01:00.0", "0000:00:01.0");
}

/* Two that claim to be above each other, and one that is above itself. */
static void breaks_cycles(void **state)
{
	_cleanup_(topology_done) struct topology t = {};
	struct machine *m = *state;

	tree_file(m->root, "devices/pci0000:00/0000:0a:00.0/0000:0b:00.0/class", "0x060400\n");
	tree_file(m->root, "devices/pci0000:00/0000:0b:00.0/0000:0a:00.0/class", "0x060400\n");
	tree_file(m->root, "devices/pci0000:00/0000:0c:00.0/0000:0c:00.0/class", "0x060400\n");
	tree_link(m->root, "bus/pci/devices/0000:0b:00.0",
		  "devices/pci0000:00/0000:0a:00.0/0000:0b:00.0");
	tree_link(m->root, "bus/pci/devices/0000:0a:00.0",
		  "devices/pci0000:00/0000:0b:00.0/0000:0a:00.0");
	tree_link(m->root, "bus/pci/devices/0000:0c:00.0",
		  "devices/pci0000:00/0000:0c:00.0/0000:0c:00.0");
	scan(m, &t);
	assert_int_equal(topology_update(&m->sysfs, &t, "/devices/pci0000:00/0000:0c:00.0"),
			 TOPOLOGY_STALE);
	check(&t);
	assert_non_null(function(&t, "0a:00.0"));
	assert_non_null(function(&t, "0b:00.0"));
}

static void refuses_odd_places(void **state)
{
	_cleanup_(topology_done) struct topology t = {};
	struct machine *m = *state;
	char path[300];
	size_t n;

	scan(m, &t);
	n = t.n_functions;
	topology_done(&t);
	make_link(m, "bus/pci/devices/0000:a0:00.0", "/etc");
	make_link(m, "bus/pci/devices/0000:a1:00.0", "../../../../../../../../etc");
	make_link(m, "bus/pci/devices/0000:a2:00.0", "0000:a2:00.0");
	make_link(m, "bus/pci/devices/0000:a3:00.0", "../../../devices/" DRIVE_A);
	make_link(m, "bus/pci/devices/0000:a4:00.0", "../../../devices/pci0000:00/0000:a4:00.0");
	make_link(m, "bus/pci/devices/0000:a5:00.0", "../../../devices/pci0001:00/0000:a5:00.0");
	tree_file(m->root, "devices/pci0001:00/0000:a5:00.0/class", "0x010802\n");
	make_link(m, "bus/pci/devices/0000:a6:00.0", "../../../devices/0000:a6:00.0");
	tree_file(m->root, "devices/0000:a6:00.0/class", "0x010802\n");
	/* By way of a link that leads elsewhere. */
	make_link(m, "bus/pci/devices/0000:a7:00.0", "../../../devices/pci0000:00/x/0000:a7:00.0");
	tree_file(m->root, "devices/pci0000:80/0000:a7:00.0/class", "0x010802\n");
	make_link(m, "devices/pci0000:00/x", "../pci0000:80");
	memset(path, 'x', sizeof(path));
	memcpy(path, "../", 3);
	path[sizeof(path) - 1] = '\0';
	make_link(m, "bus/pci/devices/0000:a8:00.0", path);
	tree_file(m->root, "bus/pci/devices/0000:a9:00.0/class", "0x010802\n");
	/* Below a bridge that is elsewhere. */
	make_link(m, "bus/pci/devices/0000:aa:00.0",
		  "../../../devices/pci0000:80/0000:00:01.0/0000:aa:00.0");
	tree_file(m->root, "devices/pci0000:80/0000:00:01.0/0000:aa:00.0/class", "0x010802\n");
	tree_file(m->root, "bus/pci/devices/\x1b[2J", "");
	scan(m, &t);
	assert_int_equal(t.n_functions, n);
}

/* None of these is waited for, opened or believed. */
static void refuses_odd_files(void **state)
{
	_cleanup_(topology_done) struct topology t = {};
	struct machine *m = *state;
	const struct topology_function *f;
	char full[256];
	int fifo;

	machine_unlink(m, "devices/" DRIVE_A "/vendor");
	snprintf(full, sizeof(full), "%s/devices/" DRIVE_A "/vendor", m->root);
	assert_int_equal(mkfifo(full, 0666), 0);
	fifo = open(full, O_RDWR | O_NONBLOCK);
	assert_int_equal(write(fifo, "0x1234\n", 7), 7);
	snprintf(full, sizeof(full), "%s/devices/" DRIVE_A "/config", m->root);
	assert_int_equal(mkfifo(full, 0666), 0);
	machine_unlink(m, "devices/" DRIVE_A "/device");
	tree_file(m->root, "devices/" DRIVE_A "/device/x", "");
	machine_unlink(m, "devices/" DRIVE_A "/nvme/nvme0/serial");
	make_link(m, "devices/" DRIVE_A "/nvme/nvme0/serial", "/etc/passwd");
	tree_file(m->root, "devices/" DRIVE_A "/class", "0xffffffffffffffffff\n");
	tree_file(m->root, "devices/" DRIVE_A "/numa_node", "99999999999\n");
	tree_file(m->root, "devices/" DRIVE_A "/nvme/nvme0/nvme0n1/size", "18446744073709551615\n");
	tree_file(m->root, "devices/" SWITCH "0000:02:01.0/0000:04:00.0/nvme/nvme1/nvme1n1/dev",
		  "259:2x\n");
	scan(m, &t);
	close(fifo);
	f = function(&t, "03:00.0");
	assert_int_equal(f->vendor, 0);
	assert_int_equal(f->device, 0);
	assert_int_equal(f->class, 0);
	assert_int_equal(f->numa_node, -1);
	assert_int_equal(f->acs.state, TOPOLOGY_ACS_UNKNOWN);
	assert_null(f->serial);
	assert_int_equal(f->n_blocks, 0);
	assert_int_equal(function(&t, "04:00.0")->n_blocks, 0);
}

/* A folder of absurd size is refused, not read to its end. */
static void refuses_too_much(void **state)
{
	_cleanup_(topology_done) struct topology t = {};
	struct machine *m = *state;
	char name[32];
	int dir;

	tree_file(m->root, "bus/pci/devices/x", "");
	dir = sysfs_dir(&m->sysfs, "bus/pci/devices");
	assert_true(dir >= 0);
	for (int i = 0; i < SYSFS_ENTRIES_MAX; i++) {
		snprintf(name, sizeof(name), "x%d", i);
		assert_int_equal(linkat(dir, "x", dir, name, 0), 0);
	}
	close(dir);
	assert_int_equal(topology_scan(&m->sysfs, &t), -E2BIG);
	assert_int_equal(t.n_functions, 0);
}

static void follows_words(void **state)
{
	static const struct {
		const char *dir, *target, *expected;
	} cases[] = {
		{ "a/b", "../c", "a/c" },  { "a", "./b//c/", "a/b/c" },
		{ "a/b", "../../c", "c" }, { "a/b", "../../../c", NULL },
		{ "a", "/b", NULL },	   { "", "x", "x" },
		{ "a", "..", "" },
	};
	char path[16];

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		int r = path_follow(cases[i].dir, cases[i].target, path, sizeof(path));

		assert_int_equal(r, cases[i].expected ? 0 : -ENOENT);
		if (r == 0)
			assert_string_equal(path, cases[i].expected);
	}
	assert_int_equal(path_follow("", "123456789012345", path, sizeof(path)), 0);
	assert_int_equal(path_follow("", "1234567890123456", path, sizeof(path)), -ENAMETOOLONG);
	assert_int_equal(path_follow("a", "12345678901234", path, sizeof(path)), -ENAMETOOLONG);
}

/* Links in the middle and at the end, and where .. leads behind one. */
static void looks_up(void **state)
{
	static const struct {
		const char *path, *expected;
		int error;
	} cases[] = {
		{ "a/to-c", "b/c", 0 },
		{ "/a//to-c/./d/", "b/c/d", 0 },
		{ "a/to-c/..", "b", 0 },
		{ "a/to-to-c/d", "b/c/d", 0 },
		{ "a/../b/../a", "a", 0 },
		{ "", "", 0 },
		{ "a/..", "", 0 },
		{ "..", NULL, -ENOENT },
		{ "a/../../a", NULL, -ENOENT },
		{ "a/up", NULL, -ENOENT },
		{ "a/etc", NULL, -ENOENT },
		{ "a/loop", NULL, -ELOOP },
		{ "a/none", NULL, -ENOENT },
		{ "b/c/d/file/x", NULL, -ENOTDIR },
	};
	struct machine *m = *state;
	char path[PATH_MAX];

	tree_file(m->root, "b/c/d/file", "");
	tree_file(m->root, "a/x", "");
	make_link(m, "a/to-c", "../b/c");
	make_link(m, "a/to-to-c", "../a/./to-c");
	make_link(m, "a/up", "../../etc");
	make_link(m, "a/etc", "/etc");
	make_link(m, "a/loop", "../a/loop/loop");
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		assert_int_equal(lookup_real(m->sysfs.fd, cases[i].path, path), cases[i].error);
		if (cases[i].expected)
			assert_string_equal(path, cases[i].expected);
	}
	/* What is opened has no link on its way. */
	assert_int_equal(lookup_open(m->sysfs.fd, "a/to-c/d", O_PATH | O_DIRECTORY), -ENOTDIR);
	assert_int_equal(lookup_open(m->sysfs.fd, "a/to-c", O_RDONLY), -ELOOP);
	assert_int_equal(lookup_open(m->sysfs.fd, "a/../b", O_PATH | O_DIRECTORY), -ENOENT);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(reads_switches),
		TEST(places),
		TEST(reads_services),
		TEST(reads_processor),
		TEST(adds),
		TEST(removes),
		TEST(rebinds),
		TEST(rereads_bridges),
		TEST(follows_heads),
		TEST(notices_moves),
		TEST(reads_no_more),
		TEST(survives_changes),
		TEST(finds_unlisted_bridges),
		TEST(breaks_cycles),
		TEST(refuses_odd_places),
		TEST(refuses_odd_files),
		TEST(refuses_too_much),
		TEST(looks_up),
		cmocka_unit_test(follows_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
