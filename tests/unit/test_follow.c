/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A model that followed every event is the one that a scan finds: a switch is
 * changed at random, and after each event the two are compared.
 */
#include <errno.h>
#include <sys/stat.h>

#include "common/pci.h"
#include "topology/scan.h"
#include "tests/unit/machine.h"

#define ABOVE "pci0000:00/0000:00:10.0/0000:20:00.0/"
#define SLOTS 5U
#define STEPS 400

struct fixture {
	struct machine machine;
	struct topology t;
	unsigned int seed;
};

/* A port of the switch and the drive below it, below devices/. */
static void port_path(char path[static 256], unsigned int slot)
{
	snprintf(path, 256, ABOVE "0000:21:%02x.0", slot);
}

static void drive_path(char path[static 256], unsigned int slot)
{
	snprintf(path, 256, ABOVE "0000:21:%02x.0/0000:3%x:00.0", slot, slot);
}

static void make_slot(struct fixture *f, unsigned int slot)
{
	const struct tree_config config = { .type = TOPOLOGY_TYPE_DOWNSTREAM, .header = 1 };
	char path[256], number[32];

	drive_path(path, slot);
	tree_nvme(f->machine.root, path, 20 + slot, "serial\n", "Model\n");
	snprintf(number, sizeof(number), "259:%u", 20 + slot);
	tree_namespace(f->machine.root, path, 20 + slot, number);
	port_path(path, slot);
	tree_config(f->machine.root, path, &config);
}

static int set_up(void **state)
{
	static struct fixture f;

	f = (struct fixture){ .seed = 1 };
	machine_new(&f.machine);
	for (unsigned int i = 0; i < SLOTS; i++)
		make_slot(&f, i);
	assert_int_equal(topology_scan(&f.machine.sysfs, &f.t), 0);
	*state = &f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	topology_done(&f->t);
	machine_done(&f->machine);
	return 0;
}

/* ---- comparing --------------------------------------------------------- */

static void same_text(const char *a, const char *b)
{
	assert_true(!a == !b);
	if (a)
		assert_string_equal(a, b);
}

static void same_function(const struct topology_function *a, const struct topology_function *b)
{
	assert_true(pci_address_equal(&a->address, &b->address));
	assert_true(!a->parent == !b->parent);
	if (a->parent)
		assert_true(pci_address_equal(&a->parent->address, &b->parent->address));
	assert_string_equal(a->root->name, b->root->name);
	same_text(a->driver, b->driver);
	same_text(a->serial, b->serial);
	assert_int_equal(a->class, b->class);
	assert_int_equal(a->type, b->type);
	assert_int_equal(a->acs.state, b->acs.state);
	assert_int_equal(a->acs.control, b->acs.control);
	assert_int_equal(a->bridge, b->bridge);
	assert_int_equal(a->provider, b->provider);
	assert_int_equal(a->n_blocks, b->n_blocks);
	for (size_t i = 0; i < a->n_blocks; i++)
		assert_string_equal(a->blocks[i].name, b->blocks[i].name);
}

static void compare(const struct fixture *f)
{
	struct topology fresh;

	assert_int_equal(topology_scan(&f->machine.sysfs, &fresh), 0);
	assert_int_equal(f->t.n_functions, fresh.n_functions);
	assert_int_equal(f->t.n_roots, fresh.n_roots);
	for (size_t i = 0; i < fresh.n_functions; i++)
		same_function(f->t.functions[i], fresh.functions[i]);
	topology_done(&fresh);
}

static void event(struct fixture *f, const char *path)
{
	char full[512];

	snprintf(full, sizeof(full), "/devices/%s", path);
	assert_int_equal(topology_update(&f->machine.sysfs, &f->t, full), 0);
}

/* ---- changing ---------------------------------------------------------- */

static unsigned int draw(struct fixture *f, unsigned int n)
{
	f->seed = f->seed * 1103515245U + 12345U;
	return (f->seed >> 16) % n;
}

static bool exists(const struct fixture *f, const char *path)
{
	char full[512];
	struct stat st;

	snprintf(full, sizeof(full), "%s/%s", f->machine.root, path);
	return lstat(full, &st) == 0;
}

/* Takes the link away or makes it. */
static void toggle(struct fixture *f, const char *link, const char *target)
{
	if (exists(f, link))
		machine_unlink(&f->machine, link);
	else
		tree_link(f->machine.root, link, target);
}

static void list(struct fixture *f, const char *path, bool present)
{
	char link[300], target[300];

	snprintf(link, sizeof(link), "bus/pci/devices/%s", path_last(path));
	snprintf(target, sizeof(target), "devices/%s", path);
	if (exists(f, link) != present)
		toggle(f, link, target);
}

/* With what is below it, in the kernel's order of events or only with the last of them. */
static void plug(struct fixture *f, unsigned int slot)
{
	bool late = draw(f, 2), present = draw(f, 2);
	char port[256], drive[256];

	port_path(port, slot);
	drive_path(drive, slot);
	list(f, present ? port : drive, present);
	if (!late)
		event(f, present ? port : drive);
	list(f, present ? drive : port, present);
	event(f, present ? drive : port);
}

static void rebind(struct fixture *f, unsigned int slot)
{
	char path[256], link[300];

	drive_path(path, slot);
	snprintf(link, sizeof(link), "devices/%s/driver", path);
	toggle(f, link, "bus/pci/drivers/nvme");
	event(f, path);
}

static void change_memory(struct fixture *f, unsigned int slot)
{
	char path[256], file[300];

	drive_path(path, slot);
	snprintf(file, sizeof(file), "devices/%s/p2pmem/size", path);
	if (exists(f, file))
		machine_unlink(&f->machine, file);
	else
		tree_file(f->machine.root, file, "67108864\n");
	event(f, path);
}

static void change_acs(struct fixture *f, unsigned int slot)
{
	const struct tree_config config = {
		.type = TOPOLOGY_TYPE_DOWNSTREAM,
		.header = 1,
		.acs = (int)draw(f, 0x60),
		.size = draw(f, 2) ? 64 : 0,
	};
	char path[256];

	port_path(path, slot);
	tree_config(f->machine.root, path, &config);
	event(f, path);
}

static void change_disk(struct fixture *f, unsigned int slot)
{
	char path[256], disk[400], link[64];

	drive_path(path, slot);
	snprintf(disk, sizeof(disk), "devices/%s/nvme/nvme%u/nvme%un1", path, 20 + slot, 20 + slot);
	snprintf(link, sizeof(link), "class/block/nvme%un1", 20 + slot);
	toggle(f, link, disk);
	event(f, disk + strlen("devices/"));
}

static void change_head(struct fixture *f, unsigned int slot)
{
	static const char head[] = "virtual/nvme-subsystem/nvme-subsys3/nvme3n1";

	toggle(f, "class/block/nvme3n1", "devices/virtual/nvme-subsystem/nvme-subsys3/nvme3n1");
	event(f, head);
}

static void follows(void **state)
{
	static void (*const changes[])(struct fixture *f, unsigned int slot) = {
		plug, plug, rebind, change_memory, change_acs, change_disk, change_head,
	};
	struct fixture *f = *state;

	for (int i = 0; i < STEPS; i++) {
		changes[draw(f, ARRAY_SIZE(changes))](f, draw(f, SLOTS));
		compare(f);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(follows, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
