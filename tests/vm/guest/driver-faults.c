// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Fault sweep: every allocation of the kernel that a use of the driver causes
 * fails once, in turn, until a use in which none was left to fail.
 *
 *   driver-faults
 *
 * Needs a kernel with failslab, fail_page_alloc and /proc/PID/fail-nth. After
 * each failure all memory must be free again and no buffer listed; at the end
 * the provider must let go. $P2PMEM_TEST_DISK is read from, and with
 * $P2PMEM_MODULE, the module's file, loading it is swept, too.
 */
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "load.h"

#define LENGTH (256 * KIB)
#define NO_FAULT 1000000U
#define LIMIT_S 900

static int fail_nth;

static void set_up_faults(void)
{
	static const char *const settings[][2] = {
		{ "failslab/ignore-gfp-wait", "N" },
		{ "failslab/verbose", "0" },
		{ "fail_page_alloc/ignore-gfp-wait", "N" },
		{ "fail_page_alloc/ignore-gfp-highmem", "N" },
		{ "fail_page_alloc/min-order", "0" },
		{ "fail_page_alloc/verbose", "0" },
	};
	char path[128];

	for (size_t i = 0; i < sizeof(settings) / sizeof(settings[0]); i++) {
		snprintf(path, sizeof(path), "/sys/kernel/debug/%s", settings[i][0]);
		check_errno(write_text(path, settings[i][1]), 0);
	}
	fail_nth = open("/proc/thread-self/fail-nth", O_RDWR | O_CLOEXEC);
	check(fail_nth >= 0);
}

/* The @nth allocation of this thread from here on fails. */
static void arm(unsigned int nth)
{
	char text[16];
	int n = snprintf(text, sizeof(text), "%u", nth);

	check(pwrite(fail_nth, text, n, 0) == n);
}

/* Returns what was left to count: 0 if one has failed. */
static unsigned int disarm(void)
{
	char text[16] = "";
	ssize_t n = pread(fail_nth, text, sizeof(text) - 1, 0);

	check(n > 0 && pwrite(fail_nth, "0", 1, 0) == 1);
	return strtoul(text, NULL, 10);
}

/* ---- uses: true if all went well; each leaves nothing behind ------------- */

static bool use_node(struct lab *lab)
{
	int fd = open(lab->node, O_RDWR | O_CLOEXEC);

	return close(fd) == 0;
}

static bool use_allocation(struct lab *lab)
{
	return close(alloc(lab, LENGTH)) == 0;
}

static bool touch_all(char *memory)
{
	if (memory == MAP_FAILED)
		return false;
	for (size_t at = 0; at < LENGTH; at += 4 * KIB)
		if (touch(memory + at))
			return false;
	return true;
}

static bool map_and_touch(int fd, int flags)
{
	char *memory = mmap(NULL, LENGTH, PROT_READ | PROT_WRITE, MAP_SHARED | flags, fd, 0);
	bool ok = touch_all(memory);

	if (memory != MAP_FAILED)
		munmap(memory, LENGTH);
	return ok;
}

static bool use_mapping(struct lab *lab)
{
	int fd = alloc(lab, LENGTH);
	bool ok = fd >= 0 && map_and_touch(fd, 0) && map_and_touch(fd, MAP_POPULATE);

	close(fd);
	return ok;
}

static bool use_node_mapping(struct lab *lab)
{
	return map_and_touch(lab->region, 0);
}

static bool use_split_mapping(struct lab *lab)
{
	int fd = alloc(lab, LENGTH);
	char *memory = fd < 0 ? MAP_FAILED : map(fd, LENGTH);
	bool ok = touch_all(memory);

	close(fd);
	if (memory == MAP_FAILED)
		return false;
	ok = munmap(memory + LENGTH / 2, 4 * KIB) == 0 && ok;
	ok = madvise(memory, LENGTH / 2, MADV_DONTNEED) == 0 && ok;
	munmap(memory, LENGTH);
	return ok;
}

static bool use_read(struct lab *lab)
{
	int disk = open(lab->scratch, O_RDONLY | O_DIRECT | O_CLOEXEC);
	void *memory = disk < 0 ? MAP_FAILED : map(lab->region, LENGTH);
	bool ok = memory != MAP_FAILED && pread(disk, memory, LENGTH, 0) == LENGTH;

	if (memory != MAP_FAILED)
		munmap(memory, LENGTH);
	close(disk);
	return ok;
}

static bool use_reopening(struct lab *lab)
{
	char path[64];
	int fd = alloc(lab, LENGTH), again;
	bool ok;

	if (fd < 0)
		return false;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	again = open(path, O_RDWR | O_CLOEXEC);
	close(fd);
	ok = again >= 0 && map_and_touch(again, 0);
	close(again);
	return ok;
}

static bool use_lists(struct lab *lab)
{
	struct p2pmem_buffer_info buffer;
	struct p2pmem_region_info region = { .size = sizeof(region) };
	int fd = alloc(lab, LENGTH);
	bool ok = fd >= 0 && buffer_info(fd, &buffer) && count_buffers(lab) == 1 &&
		  lab_find_region(lab) && ioctl(lab->region, P2PMEM_REGION_INFO, &region) == 0;

	close(fd);
	return ok;
}

static bool use_queries(struct lab *lab)
{
	struct stat st;
	struct p2pmem_query_block block = { .size = sizeof(block) };

	for (size_t i = 0; i < lab->n_nvme; i++) {
		struct p2pmem_query query = { .size = sizeof(query),
					      .provider = lab->info.provider,
					      .client = lab->nvme[i].address };

		if (ioctl(lab->control, P2PMEM_CONTROL_QUERY, &query) < 0)
			return false;
	}
	if (stat(lab->scratch, &st) < 0)
		return false;
	block.major = major(st.st_rdev);
	block.minor = minor(st.st_rdev);
	return ioctl(lab->control, P2PMEM_CONTROL_QUERY_BLOCK, &block) == 0;
}

static bool revoke_one(struct lab *lab, int fd)
{
	struct p2pmem_buffer_info info;

	return buffer_info(fd, &info) && revoke_buffer(lab, info.id, P2PMEM_REVOKE_NOTICE) == 0 &&
	       revoke_buffer(lab, info.id, 0) == 0;
}

static bool use_revocation(struct lab *lab)
{
	int fd = alloc(lab, LENGTH);
	char *memory = fd < 0 ? MAP_FAILED : map(fd, LENGTH);
	bool ok = touch_all(memory) && revoke_one(lab, fd);

	if (memory != MAP_FAILED)
		munmap(memory, LENGTH);
	close(fd);
	return ok;
}

/* A reader that is there from the start hears of the whole life of a buffer. */
static bool hear(struct lab *lab, int events)
{
	struct pollfd pollfd = { .fd = events, .events = POLLIN };
	char heard[P2PMEM_EVENT_READ_SIZE];

	return use_revocation(lab) && poll(&pollfd, 1, -1) == 1 &&
	       read(events, heard, sizeof(heard)) > 0;
}

static bool use_events(struct lab *lab)
{
	int events = open("/dev/p2pmem-control", O_RDWR | O_CLOEXEC | O_NONBLOCK);
	bool ok = events >= 0 && hear(lab, events);

	close(events);
	return ok;
}

static const struct use {
	const char *name;
	bool (*run)(struct lab *lab);
} uses[] = {
	{ "opening the node", use_node },
	{ "ALLOC", use_allocation },
	{ "mapping and touching a buffer", use_mapping },
	{ "mapping and touching the node", use_node_mapping },
	{ "splitting a mapping", use_split_mapping },
	{ "O_DIRECT into a mapping", use_read },
	{ "reopening a buffer", use_reopening },
	{ "LIST and INFO", use_lists },
	{ "QUERY and QUERY_BLOCK", use_queries },
	{ "REVOKE", use_revocation },
	{ "events", use_events },
};

/* Once without: what is allocated for good is no part of the sweep. */
static void sweep(const struct use *use, struct lab *lab)
{
	unsigned int nth = 0, failures = 0, left;
	bool ok;

	check(use->run(lab));
	check_quiet(lab);
	do {
		arm(++nth);
		ok = use->run(lab);
		left = disarm();
		failures += !ok;
	} while (check_quiet(lab) && !left);
	check(ok);
	check(nth > 1);
	note("%u allocations failed, %u of %u uses with them", nth - 1, failures, nth);
}

/* ---- the region itself ---------------------------------------------------- */

static int drive_provider(const struct lab *lab, const char *file)
{
	char path[64];

	snprintf(path, sizeof(path), "/sys/bus/pci/drivers/nvme/%s", file);
	return write_text(path, lab->provider);
}

/* Whatever has failed, a rescan brings the region, and it works. */
static bool region_works(struct lab *lab)
{
	struct p2pmem_rescan request = { .size = sizeof(request) };
	bool ok;

	check_errno(ioctl(lab->control, P2PMEM_CONTROL_RESCAN, &request), 0);
	lab_reopen_region(lab);
	ok = check(use_node_mapping(lab)) && check_quiet(lab);
	lab_close_region(lab);
	return ok;
}

/*
 * From the last allocation of binding back to the first in the region's part,
 * which follows the provider's own: its driver is bound before, and stays so.
 */
static void sweep_binding(struct lab *lab)
{
	unsigned int nth, total, without_region = 0;

	lab_close_region(lab);
	check_errno(drive_provider(lab, "unbind"), 0);
	arm(NO_FAULT);
	check_errno(drive_provider(lab, "bind"), 0);
	total = NO_FAULT - disarm();
	for (nth = total; nth; nth--) {
		check_errno(drive_provider(lab, "unbind"), 0);
		arm(nth);
		if (drive_provider(lab, "bind") < 0)
			break;
		disarm();
		without_region += !lab_find_region(lab);
		if (!region_works(lab))
			break;
	}
	disarm();
	if (nth)
		check_errno(drive_provider(lab, "bind"), 0);
	check(without_region > 1);
	note("%u of %u allocations of binding failed, %u left no region", total - nth, total,
	     without_region);
	check(region_works(lab));
	lab_reopen_region(lab);
}

static int load_module(const struct lab *lab)
{
	int file = open(lab->module, O_RDONLY | O_CLOEXEC), result;

	result = syscall(SYS_finit_module, file, "", 0);
	close(file);
	return result;
}

static void reopen_control(struct lab *lab)
{
	lab->control = open("/dev/p2pmem-control", O_RDWR | O_CLOEXEC);
	check(lab->control >= 0);
}

/* Loads with the @nth allocation failing; false once there was none to fail. */
static bool load_with_fault(struct lab *lab, unsigned int nth, unsigned int *refused)
{
	unsigned int left;
	int result;

	arm(nth);
	result = load_module(lab);
	left = disarm();
	*refused += result < 0;
	if (result < 0 && !check_errno(load_module(lab), 0))
		return false;
	reopen_control(lab);
	return region_works(lab) && !left;
}

static void sweep_loading(struct lab *lab)
{
	unsigned int nth = 0, refused = 0;

	lab_close_region(lab);
	do {
		close(lab->control);
		if (!check_errno(syscall(SYS_delete_module, "p2pmem", O_NONBLOCK), 0))
			return;
	} while (load_with_fault(lab, ++nth, &refused));
	check(refused > 1);
	note("%u allocations failed, %u times the module was refused", nth - 1, refused);
	lab_reopen_region(lab);
}

static void sweep_uses(struct lab *lab)
{
	for (size_t i = 0; i < sizeof(uses) / sizeof(uses[0]); i++) {
		char name[128];

		snprintf(name, sizeof(name), "faults: %s", uses[i].name);
		begin_test(name, LIMIT_S);
		sweep(&uses[i], lab);
		end_test();
	}
}

int main(void)
{
	struct lab lab = { .scratch = getenv("P2PMEM_TEST_DISK"),
			   .module = getenv("P2PMEM_MODULE") };

	begin_test("faults: the kernel can be made to fail", LIMIT_S);
	lab_open(&lab);
	set_up_faults();
	end_test();
	sweep_uses(&lab);

	begin_test("faults: adding a region", LIMIT_S);
	sweep_binding(&lab);
	end_test();
	begin_test("faults: loading the module", LIMIT_S);
	sweep_loading(&lab);
	end_test();
	begin_test("faults: the provider lets go after all that", LIMIT_S);
	lab_close_region(&lab);
	check_errno(drive_provider(&lab, "unbind"), 0);
	check_errno(drive_provider(&lab, "bind"), 0);
	check(region_works(&lab));
	end_test();
	return end_tests();
}
