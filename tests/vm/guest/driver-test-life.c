// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The end of things: providers that are unbound or pulled while buffers live
 * and are in use. A provider is always brought back.
 */
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "driver-test.h"

#define LENGTH (256 * KIB)

static void unbind(const struct lab *lab)
{
	check_errno(write_text("/sys/bus/pci/drivers/nvme/unbind", lab->provider), 0);
}

/* Binding waits for the probe, so the region must be there at once. */
static void bind_again(struct lab *lab)
{
	lab_close_region(lab);
	check_errno(write_text("/sys/bus/pci/drivers/nvme/bind", lab->provider), 0);
	check(lab_find_region(lab));
	lab_reopen_region(lab);
}

static bool is_nvme(const struct lab *lab)
{
	for (size_t i = 0; i < lab->n_nvme; i++)
		if (!strcmp(lab->nvme[i].bdf, lab->provider))
			return true;
	skip("the provider is no NVMe function");
	return false;
}

static void check_revoked(struct lab *lab, int fd, char *memory)
{
	struct pollfd pollfd = { .fd = fd };
	struct p2pmem_region_info region = { .size = sizeof(region) };
	struct p2pmem_buffer_info info;

	check(touch(memory) == SIGBUS);
	check(touch(memory + LENGTH - 1) == SIGBUS);
	check(poll(&pollfd, 1, 0) == 1 && pollfd.revents == POLLHUP);
	check(buffer_info(fd, &info) && info.state == P2PMEM_STATE_REVOKED);
	check_errno((long)map(fd, LENGTH), ENODEV);
	check_errno(alloc(lab, LENGTH), ENODEV);
	check_errno((long)map(lab->region, LENGTH), ENODEV);
	check_errno(ioctl(lab->region, P2PMEM_REGION_INFO, &region), ENODEV);
	check(access(lab->node, F_OK) < 0);
}

static void test_unbind(struct lab *lab)
{
	char *memory, *node;
	int fd;

	if (!is_nvme(lab))
		return;
	fd = alloc(lab, LENGTH);
	memory = map(fd, LENGTH);
	node = map(lab->region, LENGTH);
	fill(memory, 1, LENGTH);

	unbind(lab);
	check_revoked(lab, fd, memory);
	check(touch(node) == SIGBUS);
	bind_again(lab);

	/* What was revoked stays so, and the new region is not touched by it. */
	check(touch(memory) == SIGBUS);
	check(lab_available(lab) == lab->available);
	munmap(memory, LENGTH);
	munmap(node, LENGTH);
	close(fd);
}

/* Tells the parent that a use has begun. */
static void tell(int go)
{
	if (write(go, "", 1) != 1)
		_exit(2);
}

static void test_poll_wakes(struct lab *lab)
{
	int fd, status = -1;
	int ready[2];
	char byte;
	pid_t child;

	if (!is_nvme(lab) || pipe(ready) < 0)
		return;
	fd = alloc(lab, LENGTH);
	child = fork();
	if (!child) {
		struct pollfd pollfd = { .fd = fd };

		tell(ready[1]);
		_exit(poll(&pollfd, 1, -1) == 1 && pollfd.revents == POLLHUP ? 0 : 1);
	}
	check(read(ready[0], &byte, 1) == 1);
	unbind(lab);
	waitpid(child, &status, 0);
	check(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	bind_again(lab);
	close(fd);
	close(ready[0]);
	close(ready[1]);
}

/* Each of these goes on until the region's end, and returns 0 if it ended well. */
static int use_by_reads(struct lab *lab, int go)
{
	int disk = open(lab->scratch, O_RDONLY | O_DIRECT);
	int fd = alloc(lab, LENGTH);
	char *memory = map(fd, LENGTH);
	bool told = false;

	/* One that is cut short by the end is followed by one that fails. */
	while (pread(disk, memory, LENGTH, 0) > 0) {
		if (!told)
			tell(go);
		told = true;
	}
	if (errno != EFAULT)
		note("a read ended with %s", strerror(errno));
	return told && errno == EFAULT ? 0 : 1;
}

static int use_by_allocations(struct lab *lab, int go)
{
	int fd = -1;

	tell(go);
	do {
		close(fd);
		fd = alloc(lab, 4 * KIB);
	} while (fd >= 0);
	return errno == ENODEV ? 0 : 1;
}

static int use_by_mappings(struct lab *lab, int go)
{
	char *memory;

	tell(go);
	for (;;) {
		memory = map(lab->region, 64 * KIB);
		if (memory == MAP_FAILED)
			return errno == ENODEV ? 0 : 1;
		if (touch(memory))
			return 0;
		munmap(memory, 64 * KIB);
	}
}

static int use_by_faults(struct lab *lab, int go)
{
	int fd = alloc(lab, LENGTH);
	char *memory = map(fd, LENGTH);

	tell(go);
	while (touch(memory + LENGTH / 2) == 0)
		madvise(memory, LENGTH, MADV_DONTNEED);
	return touch(memory) == SIGBUS ? 0 : 1;
}

static int use_by_remaps(struct lab *lab, int go)
{
	char *place = mmap(NULL, 2 * LENGTH, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int fd = alloc(lab, LENGTH), turn = 0;
	char *memory = map(fd, LENGTH), *moved;

	tell(go);
	while (touch(memory) == 0) {
		moved = mremap(memory, LENGTH, LENGTH, MREMAP_MAYMOVE | MREMAP_FIXED,
			       place + turn * LENGTH);
		if (moved == MAP_FAILED)
			return 1;
		memory = moved;
		turn = !turn;
		munmap(map(fd, 8 * KIB), 8 * KIB);
	}
	return 0;
}

typedef int (*use_fn)(struct lab *lab, int go);

static const use_fn uses[] = {
	use_by_allocations, use_by_mappings, use_by_faults, use_by_remaps, use_by_reads,
};

#define USES (sizeof(uses) / sizeof(uses[0]))

static void start_use(struct lab *lab, use_fn use, pid_t *ret, const int ready[2])
{
	char byte;

	*ret = fork();
	if (!*ret)
		_exit(use(lab, ready[1]));
	check(read(ready[0], &byte, 1) == 1);
}

static void end_under_use(struct lab *lab, void (*end)(const struct lab *lab))
{
	size_t count = lab->scratch ? USES : USES - 1;
	pid_t children[USES];
	int ready[2], status;

	if (!check(pipe(ready) == 0))
		return;
	for (size_t i = 0; i < count; i++)
		start_use(lab, uses[i], &children[i], ready);
	end(lab);
	for (size_t i = 0; i < count; i++) {
		status = -1;
		waitpid(children[i], &status, 0);
		if (!check(WIFEXITED(status) && WEXITSTATUS(status) == 0))
			note("use %zu ended with status %#x", i, status);
	}
	close(ready[0]);
	close(ready[1]);
}

static void test_unbind_under_use(struct lab *lab)
{
	if (!is_nvme(lab))
		return;
	for (int round = 0; round < 5; round++) {
		end_under_use(lab, unbind);
		bind_again(lab);
	}
}

static void pull(const struct lab *lab)
{
	char path[64];

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/remove", lab->provider);
	check_errno(write_text(path, "1"), 0);
}

static void test_removal_under_use(struct lab *lab)
{
	if (!is_nvme(lab))
		return;
	end_under_use(lab, pull);
	lab_close_region(lab);
	check_errno(write_text("/sys/bus/pci/rescan", "1"), 0);
	lab_reopen_region(lab);
}

const struct test life_tests[] = {
	{ "unbinding the provider revokes, binding brings a region", test_unbind },
	{ "a waiting poll learns of the end", test_poll_wakes },
	{ "unbinding under use of every kind", test_unbind_under_use },
	{ "removal of the device under use of every kind", test_removal_under_use },
	{ 0 },
};
