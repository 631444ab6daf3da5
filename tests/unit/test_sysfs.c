/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "common/cleanup.h"
#include "common/pci.h"
#include "topology/nvme.h"
#include "topology/scan.h"
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

static const struct topology_function *function(const struct topology *t, const char *address)
{
	struct p2pmem_pci_address a;

	assert_int_equal(pci_address_parse(address, &a), 0);
	return topology_find(t, &a);
}

/* ---- attributes ------------------------------------------------------ */

static void reads_numbers(void **state)
{
	struct machine *m = *state;
	static const char *const bad[] = { "",	   "\n",    "x\n",
					   "-1\n", "1 2\n", "1\n\n",
					   " 1\n", "0x\n",  "99999999999999999999\n" };
	uint64_t value;
	int i;

	tree_file(m->root, "n", "42\n");
	assert_int_equal(sysfs_u64(&m->sysfs, "", "n", &value), 0);
	assert_int_equal(value, 42);
	tree_file(m->root, "n", "0x1b36\n");
	assert_int_equal(sysfs_u64(&m->sysfs, "", "n", &value), 0);
	assert_int_equal(value, 0x1b36);
	for (size_t k = 0; k < ARRAY_SIZE(bad); k++) {
		tree_file(m->root, "n", bad[k]);
		if (sysfs_u64(&m->sysfs, "", "n", &value) != -EINVAL)
			fail_msg("accepted: '%s'", bad[k]);
	}
	assert_int_equal(sysfs_u64(&m->sysfs, "", "missing", &value), -ENOENT);
	tree_file(m->root, "n", "-1\n");
	assert_int_equal(sysfs_int(&m->sysfs, "", "n", &i), 0);
	assert_int_equal(i, -1);
}

static void stays_below_root(void **state)
{
	struct machine *m = *state;
	_cleanup_free_ char *path = NULL;

	tree_link(m->root, "up", "..");
	assert_int_equal(sysfs_resolve(&m->sysfs, "", "up", &path), -ENOENT);
	tree_link(m->root, "a/in", "class");
	assert_int_equal(sysfs_resolve(&m->sysfs, "a", "in", &path), 0);
	assert_string_equal(path, "class");
}

static int without_openat2(void)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_openat2, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog filter = { .len = ARRAY_SIZE(code), .filter = code };

	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
	       prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) < 0;
}

/* Exits with the number of the line that is not so. */
static void look_without_openat2(const struct sysfs *made, const struct sysfs *live)
{
	_cleanup_free_ char *path = NULL;

	if (without_openat2())
		_exit(1);
	if (!sysfs_exists(live, "", "kernel"))
		_exit(2);
	if (sysfs_resolve(made, "", "up", &path) != -ENOENT)
		_exit(3);
	if (sysfs_resolve(made, "class/block", "nvme0n1", &path) != 0)
		_exit(4);
	_exit(0);
}

/* A service's filter may take openat2() away, as RestrictSUIDSGID= does. */
static void needs_no_openat2(void **state)
{
	struct machine *m = *state;
	struct sysfs live;
	int status;
	pid_t child;

	assert_int_equal(sysfs_open("/sys", &live), 0);
	child = fork();
	assert_int_not_equal(child, -1);
	if (child == 0)
		look_without_openat2(&m->sysfs, &live);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	sysfs_done(&live);
}

/* ---- topology -------------------------------------------------------- */

static void scans(void **state)
{
	_cleanup_(topology_done) struct topology t = {};
	struct machine *m = *state;
	const struct topology_function *a, *b, *bridge;

	assert_int_equal(topology_scan(&m->sysfs, &t), 0);
	a = function(&t, "03:00.0");
	b = function(&t, "04:00.0");
	bridge = function(&t, "01:00.0");
	assert_true(a->provider);
	assert_false(b->provider);
	assert_string_equal(a->serial, "cmb0");
	assert_string_equal(a->driver, "nvme");
	assert_string_equal(a->root->name, "pci0000:00");
	assert_int_equal(a->vendor, 0x1b36);
	assert_int_equal(a->numa_node, -1);
	assert_ptr_equal(topology_common(a, b), bridge);
	assert_true(topology_is_client(a));
	assert_false(topology_is_client(bridge));
	assert_int_equal(a->n_blocks, 1);
	assert_string_equal(a->blocks[0].name, "nvme0n1");
	assert_int_equal(a->blocks[0].major, 259);
	assert_int_equal(a->blocks[0].size, 1ULL << 30);
	assert_int_equal(a->blocks[0].logical_block_size, 512);
}

static void cleans_names(void **state)
{
	_cleanup_(topology_done) struct topology t = {};
	struct machine *m = *state;

	assert_int_equal(topology_scan(&m->sysfs, &t), 0);
	assert_null(strchr(function(&t, "03:00.0")->model, 0x1b));
	assert_null(strchr(function(&t, "03:00.0")->model, '\xff'));
}

/* Both ends of a multipath device list the head, which is what can be opened. */
static void lists_heads_for_paths(void **state)
{
	static const char *const paths[] = { "05:00.0", "07:00.0" };
	_cleanup_(topology_done) struct topology t = {};
	struct machine *m = *state;

	assert_int_equal(topology_scan(&m->sysfs, &t), 0);
	for (size_t i = 0; i < ARRAY_SIZE(paths); i++) {
		const struct topology_function *f = function(&t, paths[i]);

		assert_int_equal(f->n_blocks, 1);
		assert_string_equal(f->blocks[0].name, "nvme3n1");
		assert_int_equal(f->blocks[0].minor, 4);
	}
}

static void scans_nothing(void **state)
{
	_cleanup_(topology_done) struct topology t = {};
	_cleanup_(sysfs_done) struct sysfs empty = {};
	struct machine *m = *state;
	char path[128];

	tree_file(m->root, "empty/x", "");
	snprintf(path, sizeof(path), "%s/empty", m->root);
	assert_int_equal(sysfs_open(path, &empty), 0);
	assert_int_equal(topology_scan(&empty, &t), 0);
	assert_int_equal(t.n_functions, 0);
}

/* A device that is half gone does not hide the others. */
static void survives_gaps(void **state)
{
	_cleanup_(topology_done) struct topology t = {};
	struct machine *m = *state;

	machine_unlink(m, "bus/pci/devices/0000:03:00.0/vendor");
	machine_unlink(m, "class/nvme/nvme1/serial");
	machine_unlink(m, "class/block/nvme2n1");
	tree_link(m->root, "bus/pci/devices/0000:99:00.0", "devices/gone");
	tree_file(m->root, "bus/pci/devices/not-an-address", "");
	assert_int_equal(topology_scan(&m->sysfs, &t), 0);
	assert_int_equal(function(&t, "03:00.0")->vendor, 0);
	assert_null(function(&t, "04:00.0")->serial);
	assert_int_equal(function(&t, "06:00.0")->n_blocks, 0);
	assert_null(function(&t, "99:00.0"));
}

static void reads_pools(void **state)
{
	struct machine *m = *state;
	struct p2pmem_pci_address a;
	uint64_t size, available;

	pci_address_parse("03:00.0", &a);
	assert_int_equal(topology_pool(&m->sysfs, &a, &size, &available), 0);
	assert_int_equal(size, 64 << 20);
	assert_int_equal(available, (64 << 20) - (128 << 10));
	tree_p2pmem(m->root, "0000:03:00.0", 4096, 8192);
	assert_int_equal(topology_pool(&m->sysfs, &a, &size, &available), -ERANGE);
	pci_address_parse("04:00.0", &a);
	assert_int_equal(topology_pool(&m->sysfs, &a, &size, &available), -ENOENT);
}

/* ---- names ----------------------------------------------------------- */

static void parses_nvme_names(void **state)
{
	static const char *const bad[] = { "nvme",     "nvme0",	   "nvme0n",   "nvme0n1p1",
					   "nvme0c",   "nvme0c1",  "nvme0c1n", "nvmen1",
					   "xnvme0n1", "nvme0n1 ", "nvme-1n1", "nvme9999999999n1" };
	struct nvme_name head, path, other;

	assert_true(nvme_name_parse("nvme3n1", &head));
	assert_true(nvme_name_parse("nvme3c4n1", &path));
	assert_true(nvme_name_parse("nvme3c4n11", &other));
	assert_true(nvme_is_path_of(&path, &head));
	assert_false(nvme_is_path_of(&other, &head));
	assert_false(nvme_is_path_of(&head, &head));
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		if (nvme_name_parse(bad[i], &head))
			fail_msg("accepted: %s", bad[i]);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(reads_numbers),	TEST(stays_below_root),	     TEST(scans),
		TEST(cleans_names),	TEST(lists_heads_for_paths), TEST(scans_nothing),
		TEST(survives_gaps),	TEST(reads_pools),	     TEST(parses_nvme_names),
		TEST(needs_no_openat2),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
