/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What p2pmemctl finds out about a machine, on made roots. */
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "client/machine.h"

#define RELEASE "7.3.4-test"

static char root[64];

/* Makes a file and the folders above it. */
static void put(const char *path, const char *content)
{
	char full[256];
	FILE *f;

	snprintf(full, sizeof(full), "%s/%s", root, path);
	for (char *p = strchr(full + strlen(root) + 1, '/'); p; p = strchr(p + 1, '/')) {
		*p = '\0';
		assert_true(mkdir(full, 0755) == 0 || errno == EEXIST);
		*p = '/';
	}
	f = fopen(full, "w");
	assert_non_null(f);
	fputs(content, f);
	fclose(f);
}

static int drop(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
	return remove(path);
}

static int setup(void **state)
{
	strcpy(root, "/tmp/p2pmem-machine-XXXXXX");
	return mkdtemp(root) ? 0 : -1;
}

static int teardown(void **state)
{
	return nftw(root, drop, 16, FTW_DEPTH | FTW_PHYS);
}

static struct machine look(void)
{
	struct machine m;
	char sysfs[80];

	snprintf(sysfs, sizeof(sysfs), "%s/sys", root);
	assert_int_equal(machine_look(root, sysfs, RELEASE, &m), 0);
	return m;
}

static void put_drive(const char *address)
{
	char path[128];

	snprintf(path, sizeof(path), "sys/bus/pci/devices/%s/class", address);
	put(path, "0x010802\n");
	snprintf(path, sizeof(path), "%s/sys/bus/pci/devices/%s/driver", root, address);
	assert_int_equal(symlink("../../../bus/pci/drivers/nvme", path), 0);
}

static void unbind(const char *address)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/sys/bus/pci/devices/%s/driver", root, address);
	assert_int_equal(unlink(path), 0);
}

static void bare_machine(void **state)
{
	struct machine m = look();
	char text[80];

	assert_int_equal(m.kernel, KERNEL_UNKNOWN);
	assert_false(m.module_loaded);
	assert_null(m.module_file);
	assert_false(machine_may_have_memory(&m));
	assert_string_equal(machine_describe_drives(&m, text, sizeof(text)), "no NVMe drive");
	machine_clear(&m);
}

static void kernel_by_its_configuration(void **state)
{
	struct machine m;

	put("boot/config-" RELEASE, "CONFIG_PCI=y\n# CONFIG_PCI_P2PDMA is not set\n");
	m = look();
	assert_int_equal(m.kernel, KERNEL_WITHOUT_P2PDMA);
	machine_clear(&m);
	put("boot/config-" RELEASE, "CONFIG_PCI=y\nCONFIG_PCI_P2PDMA=y\n");
	m = look();
	assert_int_equal(m.kernel, KERNEL_WITH_P2PDMA);
	machine_clear(&m);
}

static void kernel_by_its_configuration_elsewhere(void **state)
{
	struct machine m;

	put("boot/config-other", "CONFIG_PCI_P2PDMA=y\n");
	put("boot/config-" RELEASE, "");
	put("lib/modules/" RELEASE "/config", "# CONFIG_PCI_P2PDMA is not set\n");
	m = look();
	assert_int_equal(m.kernel, KERNEL_WITHOUT_P2PDMA);
	machine_clear(&m);
}

static void kernel_by_its_symbols(void **state)
{
	struct machine m;

	put("proc/kallsyms", "0 T pci_p2pdma_add_resource_not\n0 T schedule\n");
	m = look();
	assert_int_equal(m.kernel, KERNEL_WITHOUT_P2PDMA);
	machine_clear(&m);
	put("proc/kallsyms", "0 T schedule\n0 T pci_p2pdma_add_resource\n");
	m = look();
	assert_int_equal(m.kernel, KERNEL_WITH_P2PDMA);
	machine_clear(&m);
}

/* What is seen outweighs what is written. */
static void kernel_by_a_provider(void **state)
{
	struct machine m;

	put("boot/config-" RELEASE, "# CONFIG_PCI_P2PDMA is not set\n");
	put("sys/bus/pci/devices/0000:03:00.0/p2pmem/size", "1\n");
	m = look();
	assert_int_equal(m.kernel, KERNEL_WITH_P2PDMA);
	assert_int_equal(m.providers, 1);
	assert_true(machine_may_have_memory(&m));
	machine_clear(&m);
}

static void module_loaded_or_installed(void **state)
{
	struct machine m;

	put("lib/modules/" RELEASE "/modules.dep",
	    "kernel/drivers/p2pmem.ko.fake/x.ko: a.ko\nextra/p2pmem-pci.ko:\nextra/p2pmem.ko.xz: b.ko\n");
	m = look();
	assert_false(m.module_loaded);
	assert_string_equal(m.module_file, "extra/p2pmem.ko.xz");
	machine_clear(&m);
	put("sys/module/p2pmem/version", "0.1.0\n");
	m = look();
	assert_true(m.module_loaded);
	assert_string_equal(m.module_version, "0.1.0");
	machine_clear(&m);
}

static void counts_drives(void **state)
{
	struct machine m;
	char text[80];

	put("sys/bus/pci/devices/0000:00:00.0/class", "0x060000\n");
	put_drive("0000:01:00.0");
	m = look();
	assert_string_equal(machine_describe_drives(&m, text, sizeof(text)),
			    "1 NVMe drive, none has a CMB");
	machine_clear(&m);
	put_drive("0000:02:00.0");
	put_drive("0000:03:00.0");
	put("sys/bus/pci/devices/0000:03:00.0/nvme/nvme2/serial", "x");
	m = look();
	assert_string_equal(machine_describe_drives(&m, text, sizeof(text)),
			    "3 NVMe drives, none has a CMB");
	assert_false(machine_may_have_memory(&m));
	machine_clear(&m);
	/* Of one that is not in use nobody knows. */
	unbind("0000:02:00.0");
	m = look();
	assert_string_equal(machine_describe_drives(&m, text, sizeof(text)),
			    "3 NVMe drives, none of the 2 used by the driver nvme has a CMB");
	machine_clear(&m);
	put("sys/bus/pci/devices/0000:03:00.0/nvme/nvme2/cmb", "cmbloc : 0x2\n");
	m = look();
	assert_string_equal(machine_describe_drives(&m, text, sizeof(text)),
			    "3 NVMe drives, 1 with a CMB");
	assert_true(machine_may_have_memory(&m));
	machine_clear(&m);
}

/* The driver shows no CMB on such a kernel, so there may be one. */
static void a_kernel_without_hides_it(void **state)
{
	struct machine m;
	char text[80];

	put("boot/config-" RELEASE, "# CONFIG_PCI_P2PDMA is not set\n");
	m = look();
	assert_false(machine_may_have_memory(&m));
	machine_clear(&m);
	put_drive("0000:01:00.0");
	m = look();
	assert_true(machine_may_have_memory(&m));
	assert_non_null(strstr(machine_describe_drives(&m, text, sizeof(text)),
			       "1 NVMe drive; this kernel cannot show"));
	machine_clear(&m);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(bare_machine),
		TEST(kernel_by_its_configuration),
		TEST(kernel_by_its_configuration_elsewhere),
		TEST(kernel_by_its_symbols),
		TEST(kernel_by_a_provider),
		TEST(module_loaded_or_installed),
		TEST(counts_drives),
		TEST(a_kernel_without_hides_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
