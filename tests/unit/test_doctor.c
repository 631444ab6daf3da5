/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Doctor on made machines: one on which all is well, and for each check the
 * same with one thing wrong.
 */
#include <errno.h>
#include <ftw.h>
#include <sys/stat.h>

#include "policy/parse.h"
#include "client/doctor.h"
#include "tests/mock/tree.h"
#include "tests/unit/elf.h"
#include "tests/unit/unit.h"

#define RELEASE "7.3.4-test"
#define DRIVE "bus/pci/devices/0000:03:00.0" /* its CMB is p2pmem0 */
#define REAL "devices/pci0000:00/0000:00:01.0/0000:01:00.0/0000:02:00.0/0000:03:00.0"

static char root[64], sysfs[80];
static struct world world;
static struct doctor doctor;
static struct doctor_user user;
static struct p2pmem_broker_info broker;
static struct p2pmem_region region;
static struct p2pmem_pair pairs[2];
static struct p2pmem_device device;
static struct p2pmem_block_device head;

static void put_region(const char *address, const char *name)
{
	char path[128];

	snprintf(path, sizeof(path), "bus/pci/devices/%s/%s/buffers", address, name);
	tree_file(sysfs, path, "0\n");
	snprintf(path, sizeof(path), "bus/pci/devices/%s/nvme/nvme0/cmb", address);
	tree_file(sysfs, path, "cmbloc : 0x00000002\ncmbsz  : 0x0004021f\n");
}

static int find_user(const char *name, uid_t *ret)
{
	*ret = 1000;
	return strcmp(name, "alice") == 0 ? 0 : -ENOENT;
}

static int find_group(const char *name, gid_t *ret)
{
	*ret = 100;
	return strcmp(name, "p2pmem") == 0 ? 0 : -ENOENT;
}

static const struct policy_directory names = { find_user, find_group };

static void make_root(void)
{
	tree_machine(sysfs);
	tree_link(sysfs, "class/nvme-subsystem/nvme-subsys3",
		  "devices/virtual/nvme-subsystem/nvme-subsys3");
	put_region("0000:03:00.0", "p2pmem0");
	put_region("0000:05:00.0", "p2pmem1");
	put_region("0000:81:00.0", "p2pmem2");
	tree_file(sysfs, "module/p2pmem/version", P2PMEM_VERSION "\n");
	tree_file(root, "proc/sys/kernel/osrelease", RELEASE "\n");
	tree_file(root, "lib/modules/" RELEASE "/modules.dep", "updates/p2pmem.ko:\n");
	tree_file(root, "lib/modules/" RELEASE "/updates/p2pmem.ko",
		  "a kernel module that nobody signed");
	tree_file(root, "usr/lib/udev/rules.d/60-p2pmem.rules", "");
	tree_file(root, "dev/p2pmem-control", "");
	tree_file(root, "usr/lib/p2pmem/policy.json",
		  "{\"rules\":[{\"name\":\"people\",\"who\":{\"group\":\"p2pmem\"},"
		  "\"regions\":[\"*\"],\"devices\":[\"*\"]}]}");
}

/* What the broker of that machine says. */
static void make_broker(void)
{
	broker = (struct p2pmem_broker_info){ "p2pmem", "p2pmemd", P2PMEM_VERSION };
	region = (struct p2pmem_region){ .name = "p2pmem0", .provider = "0000:03:00.0" };
	pairs[0] = (struct p2pmem_pair){ .next = &pairs[1],
					 .region = "p2pmem0",
					 .provider = "0000:03:00.0",
					 .device = "0000:03:00.0",
					 .verdict = P2PMEM_VERDICT_BUS };
	pairs[1] = pairs[0];
	pairs[1].next = NULL;
	pairs[1].device = "0000:04:00.0";
	head = (struct p2pmem_block_device){ .name = "nvme3n1",
					     .queue = P2PMEM_QUEUE_PEER_TO_PEER };
	device = (struct p2pmem_device){ .address = "0000:05:00.0", .block_devices = &head };
}

static int remove_entry(const char *path, const struct stat *st, int type, struct FTW *f)
{
	return remove(path);
}

static int setup(void **state)
{
	char text[96];

	strcpy(root, "/tmp/p2pmem-doctor-XXXXXX");
	if (!mkdtemp(root))
		return -1;
	snprintf(sysfs, sizeof(sysfs), "%s/sys", root);
	make_root();
	make_broker();
	/* The owner of a made node cannot be chosen without rights: the group is. */
	snprintf(text, sizeof(text), "root:x:0:\np2pmem:x:100:\np2pmem-raw:x:101:\np2pmemd:x:%u:\n",
		 (unsigned int)getegid());
	tree_file(root, "etc/group", text);
	return 0;
}

static void take_down(void)
{
	doctor_done(&doctor);
	world.broker = NULL;
	world.regions = NULL;
	world.devices = NULL;
	if (world.pairs == pairs)
		world.pairs = NULL;
	world_clear(&world);
}

static int teardown(void **state)
{
	take_down();
	return nftw(root, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

/* Looks at the root as it is now. */
static void look(void)
{
	static const unsigned int groups[] = { 1000, 100 };

	take_down();
	assert_int_equal(world_look_at(root, sysfs, &world), 0);
	assert_int_equal(p2pmem_client_new(&world.client), 0);
	p2pmem_list_free(world.pairs);
	world.broker = &broker;
	world.regions = &region;
	world.devices = &device;
	world.pairs = pairs;
	user = (struct doctor_user){ 1000, groups, 2, NULL };
	doctor = (struct doctor){ .root = root,
				  .sysfs = sysfs,
				  .world = &world,
				  .user = &user,
				  .names = &names,
				  .socket = "/run/p2pmem/io.p2pmem.Broker" };
}

static void run(void)
{
	assert_int_equal(doctor_run(&doctor), 0);
	for (size_t i = 0; i < doctor.n_checks; i++)
		print_message("# %s %s: %s\n", doctor.checks[i].id,
			      doctor_result_name(doctor.checks[i].result), doctor.checks[i].reason);
}

static const struct doctor_check *find(const char *id)
{
	for (size_t i = 0; i < doctor.n_checks; i++)
		if (strcmp(doctor.checks[i].id, id) == 0)
			return &doctor.checks[i];
	return NULL;
}

/* The check has that result, and says @word in its reason or remedy. */
static void expect(const char *id, enum doctor_result result, const char *word)
{
	const struct doctor_check *c = find(id);

	if (!c)
		fail_msg("there is no check %s", id);
	if (c->result != result)
		fail_msg("%s is %s, not %s: %s", id, doctor_result_name(c->result),
			 doctor_result_name(result), c->reason);
	if (!strstr(c->reason, word) && !(c->remedy && strstr(c->remedy, word)))
		fail_msg("%s says nothing of '%s': %s; %s", id, word, c->reason,
			 c->remedy ? c->remedy : "no remedy");
	if (result > DOCTOR_INFO)
		assert_non_null(c->remedy);
}

static void put(const char *path, const char *text)
{
	tree_file(root, path, text);
}

static void drop(const char *path)
{
	char full[256];

	snprintf(full, sizeof(full), "%s/%s", root, path);
	assert_int_equal(nftw(full, remove_entry, 16, FTW_DEPTH | FTW_PHYS), 0);
}

/* ---- all is well ------------------------------------------------------- */

static void all_is_well(void **state)
{
	look();
	run();
	assert_int_equal(doctor_worst(&doctor), DOCTOR_OK);
	assert_int_equal(doctor_say_failure(&doctor), STATUS_OK);
	expect("kernel.p2pdma", DOCTOR_OK, RELEASE);
	expect("module.present", DOCTOR_OK, "updates/p2pmem.ko");
	expect("hardware.cmb", DOCTOR_OK, "3 with a CMB");
	expect("hardware.region", DOCTOR_OK, "3 regions");
	expect("iommu.mode", DOCTOR_OK, "no IOMMU");
	expect("topology.pairs", DOCTOR_OK, "2 of 2");
	expect("nvme.multipath", DOCTOR_OK, "nvme3n1");
	expect("user.rights", DOCTOR_OK, "p2pmem");
	assert_null(find("container.view"));
	assert_null(find("hardware.unpublished"));
}

/* ---- kernel ------------------------------------------------------------ */

/* Nothing that shows a provider, so that the configuration decides. */
static void without_providers(void)
{
	drop("sys/" DRIVE "/p2pmem");
	drop("sys/bus/pci/devices/0000:05:00.0/p2pmem");
	drop("sys/bus/pci/devices/0000:81:00.0/p2pmem");
}

static void an_old_kernel(void **state)
{
	put("proc/sys/kernel/osrelease", "6.1.0-31-amd64\n");
	look();
	run();
	expect("kernel.version", DOCTOR_FAILURE, "6.2");
	take_down();
	put("proc/sys/kernel/osrelease", "what\x1bthe\n");
	look();
	run();
	expect("kernel.version", DOCTOR_UNKNOWN, "uname");
}

static void a_kernel_without_p2pdma(void **state)
{
	static const struct {
		const char *os, *word;
	} systems[] = {
		{ "ID=debian\nVERSION_ID=\"13\"\n", "trixie-backports" },
		{ "ID=debian\nVERSION_ID=\"12\"\n", "Debian 13" },
		{ "ID=ubuntu\nVERSION_ID=\"22.04\"\n", "Ubuntu" },
		{ "ID=other\n", "CONFIG_PCI_P2PDMA=y" },
	};

	without_providers();
	put("boot/config-" RELEASE, "# CONFIG_PCI_P2PDMA is not set\n");
	for (size_t i = 0; i < ARRAY_SIZE(systems); i++) {
		put("etc/os-release", systems[i].os);
		look();
		world.regions = NULL;
		run();
		expect("kernel.p2pdma", DOCTOR_FAILURE, systems[i].word);
		assert_int_equal(doctor_say_failure(&doctor), STATUS_NO_KERNEL_SUPPORT);
	}
}

/* Before the kernel is another one, nobody is to try to load the module. */
static void a_module_that_this_kernel_refuses(void **state)
{
	without_providers();
	drop("sys/module/p2pmem");
	put("boot/config-" RELEASE, "# CONFIG_PCI_P2PDMA is not set\n");
	look();
	world.regions = NULL;
	run();
	expect("module.loaded", DOCTOR_FAILURE, "another kernel first");
}

static void a_kernel_of_which_nothing_is_known(void **state)
{
	without_providers();
	look();
	world.regions = NULL;
	run();
	expect("kernel.p2pdma", DOCTOR_UNKNOWN, "configuration");
}

/* ---- module ------------------------------------------------------------ */

static void a_module_that_is_not_loaded(void **state)
{
	drop("sys/module/p2pmem");
	look();
	world.regions = NULL;
	run();
	expect("module.loaded", DOCTOR_FAILURE, "modprobe p2pmem");
	expect("module.loadable", DOCTOR_OK, "does not insist");
	assert_null(find("module.version"));
	assert_int_equal(doctor_say_failure(&doctor), STATUS_NO_DRIVER);
}

static void a_module_that_is_not_installed(void **state)
{
	drop("lib/modules/" RELEASE "/modules.dep");
	look();
	run();
	expect("module.present", DOCTOR_WARNING, "install");
	take_down();
	drop("sys/module/p2pmem");
	look();
	world.regions = NULL;
	run();
	expect("module.present", DOCTOR_FAILURE, "install");
}

static void a_module_that_may_not_be_loaded(void **state)
{
	drop("sys/module/p2pmem");
	put("sys/kernel/security/lockdown", "none [integrity] confidentiality\n");
	look();
	world.regions = NULL;
	run();
	expect("module.loadable", DOCTOR_FAILURE, "mokutil");
	put("sys/kernel/security/lockdown", "[none] integrity confidentiality\n");
	look();
	world.regions = NULL;
	run();
	expect("module.loadable", DOCTOR_OK, "");
	put("sys/module/module/parameters/sig_enforce", "Y\n");
	look();
	world.regions = NULL;
	run();
	expect("module.loadable", DOCTOR_FAILURE, "not signed");
	put("lib/modules/" RELEASE "/updates/p2pmem.ko", "code~Module signature appended~\n");
	look();
	world.regions = NULL;
	run();
	expect("module.loadable", DOCTOR_INFO, "key");
	put("lib/modules/" RELEASE "/modules.dep", "updates/p2pmem.ko.xz:\n");
	look();
	world.regions = NULL;
	run();
	expect("module.loadable", DOCTOR_UNKNOWN, "could not be read");
	put("sys/module/module/parameters/sig_enforce", "N\n");
	drop("sys/kernel/security/lockdown");
	look();
	world.regions = NULL;
	run();
	expect("module.loadable", DOCTOR_UNKNOWN, "container");
}

/* Loaded, and installed like this. */
static void install_module(const char *version, const char *end)
{
	char modinfo[64];
	size_t n =
		(size_t)snprintf(modinfo, sizeof(modinfo), "license=GPL%cversion=%s", 0, version) +
		1;
	struct elf elf = elf_make(modinfo, n, end);

	tree_file(root, "lib/modules/" RELEASE "/modules.dep", "updates/p2pmem.ko:\n");
	tree_bytes(root, "lib/modules/" RELEASE "/updates/p2pmem.ko", elf.bytes, elf.n);
	drop("sys/module/p2pmem");
	put("sys/module/p2pmem/version", "0.1.0\n");
}

static void a_module_that_was_replaced(void **state)
{
	install_module("9.9.9", "");
	look();
	run();
	expect("module.version", DOCTOR_WARNING, "p2pmem 0.1.0, and");
	expect("module.version", DOCTOR_WARNING, "9.9.9 is installed");
	expect("module.version", DOCTOR_WARNING, "drain and reload, or reboot");
	assert_null(find("module.loadable"));
	take_down();
	install_module(P2PMEM_VERSION, "");
	put("sys/module/p2pmem/version", P2PMEM_VERSION "\n");
	look();
	run();
	expect("module.version", DOCTOR_OK, "like this tool");
}

/* It works until the next boot. */
static void a_module_that_the_next_boot_refuses(void **state)
{
	install_module(P2PMEM_VERSION, "");
	put("sys/kernel/security/lockdown", "none [integrity] confidentiality\n");
	look();
	run();
	expect("module.loadable", DOCTOR_WARNING, "next boot");
	take_down();
	install_module(P2PMEM_VERSION, "~Module signature appended~\n");
	look();
	run();
	assert_null(find("module.loadable"));
	drop("sys/kernel/security");
}

static void a_module_of_another_version(void **state)
{
	put("sys/module/p2pmem/version", "0.0.1\n");
	look();
	run();
	expect("module.version", DOCTOR_WARNING, "0.0.1");
	drop("sys/module/p2pmem/version");
	look();
	run();
	expect("module.version", DOCTOR_UNKNOWN, "modinfo");
}

/* ---- hardware ---------------------------------------------------------- */

/* Whatever else is missing, that machine is in order. */
static void no_such_hardware(void **state)
{
	drop("sys/bus/pci/devices");
	drop("sys/module");
	drop("lib");
	drop("usr");
	put("boot/config-" RELEASE, "# CONFIG_PCI_P2PDMA is not set\n");
	look();
	world.regions = NULL;
	world.pairs = NULL;
	world.connect_error = -ENOENT;
	run();
	expect("hardware.cmb", DOCTOR_INFO, "no NVMe drive; nothing to do");
	assert_int_equal(doctor_worst(&doctor), DOCTOR_INFO);
	assert_int_equal(doctor_say_failure(&doctor), STATUS_OK);
}

static void a_cmb_that_is_too_small(void **state)
{
	drop("sys/" DRIVE "/p2pmem");
	drop("sys/" DRIVE "/p2pmem0");
	put("sys/" DRIVE "/nvme/nvme0/cmb", "cmbloc : 0x00000002\ncmbsz  : 0x0010001f\n");
	look();
	run();
	expect("hardware.cmb-size", DOCTOR_WARNING, "1M");
	assert_null(find("hardware.unpublished"));
}

static void a_cmb_that_the_kernel_left_alone(void **state)
{
	drop("sys/" DRIVE "/p2pmem");
	drop("sys/" DRIVE "/p2pmem0");
	look();
	run();
	expect("hardware.unpublished", DOCTOR_WARNING, "64M");
	expect("hardware.unpublished", DOCTOR_WARNING, "dmesg | grep 0000:03:00.0");
	put("sys/" DRIVE "/nvme/nvme0/cmb", "cmbsz  : 0xffffffff\n");
	look();
	run();
	expect("hardware.unpublished", DOCTOR_WARNING, "of unknown size");
}

static void no_cmb_is_used(void **state)
{
	without_providers();
	drop("sys/" DRIVE "/p2pmem0");
	drop("sys/bus/pci/devices/0000:05:00.0/p2pmem1");
	drop("sys/bus/pci/devices/0000:81:00.0/p2pmem2");
	put("boot/config-" RELEASE, "CONFIG_PCI_P2PDMA=y\n");
	look();
	world.regions = NULL;
	run();
	expect("hardware.region", DOCTOR_FAILURE, "none of it");
	assert_int_equal(doctor_say_failure(&doctor), STATUS_NO_HARDWARE);
}

static void memory_that_is_not_published(void **state)
{
	put("sys/" DRIVE "/p2pmem/published", "0\n");
	look();
	run();
	expect("hardware.unpublished", DOCTOR_WARNING, "RDS and WDS");
	put("sys/" DRIVE "/p2pmem/published", "1\n");
	look();
	run();
	assert_null(find("hardware.unpublished"));
}

/* Its own ACS may be why: then the kernel finds no way from the device to itself. */
static void memory_without_a_region(void **state)
{
	drop("sys/" DRIVE "/p2pmem0");
	look();
	run();
	expect("hardware.unpublished", DOCTOR_WARNING, "pci=disable_acs_redir=0000:03:00.0");
}

static void a_drive_of_another_driver(void **state)
{
	drop("sys/" DRIVE "/driver");
	look();
	run();
	expect("hardware.driver", DOCTOR_INFO, "0000:03:00.0 (no driver)");
}

/* ---- IOMMU ------------------------------------------------------------- */

static void iommu_modes(void **state)
{
	tree_link(sysfs, REAL "/iommu_group", "kernel/iommu_groups/7");
	put("sys/kernel/iommu_groups/7/type", "identity\n");
	look();
	run();
	expect("iommu.mode", DOCTOR_OK, "passes");
	put("sys/kernel/iommu_groups/7/type", "DMA-FQ\n");
	look();
	run();
	expect("iommu.mode", DOCTOR_WARNING, "0000:03:00.0");
	expect("iommu.mode", DOCTOR_WARNING, "--verify");
	drop("sys/kernel/iommu_groups/7/type");
	look();
	run();
	expect("iommu.mode", DOCTOR_UNKNOWN, "iommu_group/type");
	/* One that is not known is not the example for those that are. */
	tree_link(sysfs, "bus/pci/devices/0000:81:00.0/iommu_group", "kernel/iommu_groups/8");
	put("sys/kernel/iommu_groups/8/type", "DMA\n");
	look();
	run();
	expect("iommu.mode", DOCTOR_WARNING, "(0000:81:00.0):");
}

/* ---- daemon ------------------------------------------------------------ */

static void a_daemon_that_is_not_reachable(void **state)
{
	static const struct {
		int error;
		const char *word;
		int status;
	} cases[] = {
		{ -ENOENT, "systemctl enable --now p2pmemd.socket", STATUS_NO_DAEMON },
		{ -EACCES, "permissions", STATUS_NOT_PERMITTED },
		{ -ETIMEDOUT, "journalctl", STATUS_NO_DAEMON },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		look();
		world.connect_error = cases[i].error;
		world.regions = NULL;
		world.pairs = NULL;
		run();
		expect("daemon.socket", DOCTOR_FAILURE, cases[i].word);
		assert_int_equal(doctor_say_failure(&doctor), cases[i].status);
		assert_null(find("daemon.answers"));
		assert_null(find("topology.pairs"));
	}
}

static void a_daemon_that_does_not_answer(void **state)
{
	look();
	world.ask_error = -ECONNRESET;
	run();
	expect("daemon.answers", DOCTOR_FAILURE, "journalctl");
}

static void a_daemon_of_another_version(void **state)
{
	broker.version = "9.9";
	look();
	run();
	expect("daemon.version", DOCTOR_WARNING, "9.9");
}

static void a_daemon_without_the_driver(void **state)
{
	region.name = region.provider;
	look();
	run();
	expect("daemon.driver", DOCTOR_FAILURE, "does not get its regions");
	assert_int_equal(doctor_say_failure(&doctor), STATUS_NO_DRIVER);
}

/* ---- paths ------------------------------------------------------------- */

static void a_daemon_that_sees_nothing(void **state)
{
	look();
	world.regions = NULL;
	run();
	expect("daemon.driver", DOCTOR_FAILURE, "3 devices have memory here");
}

static void no_pair_works(void **state)
{
	pairs[1].verdict = P2PMEM_VERDICT_UNSUPPORTED;
	pairs[1].reason = "the port 0000:00:01.0 redirects";
	pairs[1].remedy = "Move it.";
	look();
	run();
	expect("topology.pairs", DOCTOR_WARNING, "0000:00:01.0 redirects");
	expect("topology.pairs", DOCTOR_WARNING, "Move it.");
}

static void no_pair_is_known(void **state)
{
	pairs[1].verdict = P2PMEM_VERDICT_UNKNOWN;
	look();
	run();
	expect("topology.pairs", DOCTOR_UNKNOWN, "explain");
}

/* By sysfs and the kernel's rules; what the made machine lacks is not known of it. */
static void pairs_without_a_daemon(void **state)
{
	look();
	take_down();
	assert_int_equal(world_look_at(root, sysfs, &world), 0);
	assert_non_null(world.pairs);
	doctor = (struct doctor){ .root = root, .sysfs = sysfs, .world = &world };
	run();
	expect("topology.pairs", DOCTOR_UNKNOWN, "could not be read");
}

static void only_one_device(void **state)
{
	pairs[0].next = NULL;
	look();
	run();
	expect("topology.pairs", DOCTOR_WARNING, "second NVMe drive");
}

static void multipath_heads(void **state)
{
	head.queue = P2PMEM_QUEUE_HOST_ONLY;
	look();
	run();
	expect("nvme.multipath", DOCTOR_WARNING, "nvme_core.multipath=N");
	/* Without a daemon, by the version. */
	put("proc/sys/kernel/osrelease", "6.12.0\n");
	look();
	world.devices = NULL;
	run();
	expect("nvme.multipath", DOCTOR_WARNING, "nvme3n1");
	put("proc/sys/kernel/osrelease", "7.0.1\n");
	look();
	world.devices = NULL;
	run();
	expect("nvme.multipath", DOCTOR_UNKNOWN, "nvme3n1");
	put("proc/sys/kernel/osrelease", "7.3.0\n");
	look();
	world.devices = NULL;
	run();
	expect("nvme.multipath", DOCTOR_OK, "nvme3n1");
}

/* ---- system, user, container ------------------------------------------- */

static void rules_groups_and_nodes(void **state)
{
	drop("usr/lib/udev/rules.d/60-p2pmem.rules");
	look();
	run();
	expect("system.udev", DOCTOR_WARNING, "udevadm");
	put("etc/group", "root:x:0:\np2pmem:x:100:\n");
	look();
	run();
	expect("system.groups", DOCTOR_WARNING, "p2pmem-raw");
	put("etc/group", "p2pmem:x:100:\np2pmem-raw:x:101:\np2pmemd:x:4000000:\n");
	look();
	world.regions = NULL;
	run();
	expect("system.nodes", DOCTOR_WARNING, "p2pmemd");
	drop("dev/p2pmem-control");
	look();
	world.regions = NULL;
	run();
	expect("system.nodes", DOCTOR_FAILURE, "devtmpfs");
}

static void ask(unsigned int uid, unsigned int group, const char *cgroup)
{
	static unsigned int groups[2];

	groups[0] = groups[1] = group;
	look();
	user = (struct doctor_user){ uid, groups, 2, cgroup };
	run();
}

static void rights(void **state)
{
	ask(1000, 1000, NULL);
	expect("user.rights", DOCTOR_WARNING, "usermod -a -G p2pmem");
	ask(1000, 100, NULL);
	expect("user.rights", DOCTOR_OK, "lent memory of p2pmem0");
	ask(0, 0, NULL);
	expect("user.rights", DOCTOR_OK, "root");
}

/* What the policy of the machine says, not the one as shipped. */
static void rights_by_rules(void **state)
{
	put("etc/p2pmem/policy.json",
	    "{\"rules\":[{\"name\":\"backup\",\"who\":{\"unit\":\"backup.service\"},"
	    "\"regions\":[\"*\"],\"devices\":[\"*\"]},"
	    "{\"name\":\"other\",\"who\":{\"user\":\"alice\"},"
	    "\"regions\":[\"0000:81:00.0\"],\"devices\":[\"*\"]}]}");
	ask(1001, 100, NULL);
	expect("user.rights", DOCTOR_WARNING, "no rule");
	ask(1001, 100, "/system.slice/backup.service");
	expect("user.rights", DOCTOR_OK, "lent memory of p2pmem0");
	ask(1000, 100, "/system.slice/other.service");
	expect("user.rights", DOCTOR_WARNING, "no region");
}

static void a_policy_with_a_mistake(void **state)
{
	put("etc/p2pmem/policy.json", "{\"rules\":[{}]}");
	ask(1000, 100, NULL);
	expect("system.policy", DOCTOR_WARNING, "policy.json");
	expect("user.rights", DOCTOR_UNKNOWN, "as root");
	put("etc/p2pmem/policy.json", "");
	ask(1000, 100, NULL);
	expect("system.policy", DOCTOR_WARNING, "no rule");
	expect("user.rights", DOCTOR_WARNING, "no rule");
}

static void a_container(void **state)
{
	put("run/.containerenv", "");
	look();
	run();
	expect("container.view", DOCTOR_FAILURE, "/run/p2pmem:/run/p2pmem:ro");
	assert_null(find("module.present"));
	assert_null(find("system.udev"));
	put("run/p2pmem/other", "");
	look();
	run();
	expect("container.view", DOCTOR_FAILURE, "no socket");
	put("run/p2pmem/io.p2pmem.Broker", "");
	look();
	run();
	expect("container.view", DOCTOR_OK, "socket");
}

/* ---- captured machines ------------------------------------------------- */

static void a_captured_machine(void **state)
{
	look();
	p2pmem_client_free(world.client);
	world.client = NULL;
	world.regions = NULL;
	world.pairs = NULL;
	world.devices = NULL;
	doctor.user = NULL;
	run();
	assert_null(find("daemon.socket"));
	assert_null(find("user.rights"));
	assert_null(find("system.udev"));
	assert_int_equal(doctor_worst(&doctor), DOCTOR_OK);
}

/* Sysfs alone: the kernel is known by what it shows. */
static void nothing_but_sysfs(void **state)
{
	look();
	take_down();
	assert_int_equal(world_look_at(NULL, sysfs, &world), 0);
	doctor = (struct doctor){ .sysfs = sysfs, .world = &world };
	run();
	expect("kernel.version", DOCTOR_UNKNOWN, "uname");
	expect("kernel.p2pdma", DOCTOR_OK, "unknown version");
	expect("hardware.region", DOCTOR_OK, "3 regions");
	assert_null(find("module.present"));
}

/* A folder of PCI devices alone says nothing of modules, and not all of drives. */
static void a_part_of_sysfs(void **state)
{
	drop("sys/module");
	drop("sys/" DRIVE "/nvme/nvme0/cmb");
	look();
	take_down();
	assert_int_equal(world_look_at(root, sysfs, &world), 0);
	doctor = (struct doctor){ .root = root, .sysfs = sysfs, .world = &world };
	run();
	expect("module.loaded", DOCTOR_UNKNOWN, "not captured");
	assert_null(find("module.present"));
	assert_null(find("module.loadable"));
	expect("hardware.cmb", DOCTOR_OK, "3 with a CMB");
}

/* A name out of a stranger's report leads nowhere, and drives no terminal. */
static void a_hostile_release(void **state)
{
	without_providers();
	put("proc/sys/kernel/osrelease", "../../../../../../etc/7.3\x1b[31m\n");
	look();
	world.regions = NULL;
	run();
	expect("kernel.p2pdma", DOCTOR_UNKNOWN, "configuration");
	for (size_t i = 0; i < doctor.n_checks; i++)
		assert_null(strchr(doctor.checks[i].reason, '\x1b'));
}

/* What lies where a file should be is neither waited for nor read without an end. */
static void what_is_no_file(void **state)
{
	static const char *const paths[] = { "proc/sys/kernel/osrelease", "etc/os-release",
					     "boot/config-" RELEASE,
					     "lib/modules/" RELEASE "/modules.dep",
					     "sys/module/module/parameters/sig_enforce" };
	char path[256];

	without_providers();
	for (size_t i = 0; i < ARRAY_SIZE(paths); i++) {
		put(paths[i], "");
		snprintf(path, sizeof(path), "%s/%s", root, paths[i]);
		assert_int_equal(unlink(path), 0);
		assert_int_equal(mkfifo(path, 0600), 0);
	}
	put("proc/kallsyms", "ffff T pci_p2pdma_add_resource\n");
	snprintf(path, sizeof(path), "%s/proc/kallsyms", root);
	assert_int_equal(truncate(path, 1L << 36), 0);
	drop("sys/module/p2pmem");
	look();
	world.regions = NULL;
	run();
	expect("kernel.p2pdma", DOCTOR_UNKNOWN, "configuration");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(all_is_well),
		TEST(what_is_no_file),
		TEST(an_old_kernel),
		TEST(a_kernel_without_p2pdma),
		TEST(a_kernel_of_which_nothing_is_known),
		TEST(a_module_that_this_kernel_refuses),
		TEST(a_module_that_is_not_loaded),
		TEST(a_module_that_is_not_installed),
		TEST(a_module_that_may_not_be_loaded),
		TEST(a_module_that_was_replaced),
		TEST(a_module_that_the_next_boot_refuses),
		TEST(a_module_of_another_version),
		TEST(no_such_hardware),
		TEST(a_cmb_that_is_too_small),
		TEST(a_cmb_that_the_kernel_left_alone),
		TEST(no_cmb_is_used),
		TEST(memory_that_is_not_published),
		TEST(memory_without_a_region),
		TEST(a_drive_of_another_driver),
		TEST(iommu_modes),
		TEST(a_daemon_that_is_not_reachable),
		TEST(a_daemon_that_does_not_answer),
		TEST(a_daemon_of_another_version),
		TEST(a_daemon_without_the_driver),
		TEST(a_daemon_that_sees_nothing),
		TEST(no_pair_works),
		TEST(no_pair_is_known),
		TEST(pairs_without_a_daemon),
		TEST(only_one_device),
		TEST(multipath_heads),
		TEST(rules_groups_and_nodes),
		TEST(rights),
		TEST(rights_by_rules),
		TEST(a_policy_with_a_mistake),
		TEST(a_container),
		TEST(a_captured_machine),
		TEST(nothing_but_sysfs),
		TEST(a_part_of_sysfs),
		TEST(a_hostile_release),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
