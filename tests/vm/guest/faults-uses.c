// SPDX-License-Identifier: LGPL-2.1-or-later
/* Uses of the driver, of which each allocation is made to fail. */
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "faults.h"

#define LENGTH (256 * KIB)

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

bool use_node_mapping(struct lab *lab)
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

/* Looks for what there is already. */
static bool use_rescan(struct lab *lab)
{
	struct p2pmem_rescan request = { .size = sizeof(request) };

	return ioctl(lab->control, P2PMEM_CONTROL_RESCAN, &request) == 0;
}

const struct use uses[] = {
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
	{ "RESCAN", use_rescan },
	{ 0 },
};
