// SPDX-License-Identifier: LGPL-2.1-or-later
/* /dev/p2pmem-control: lists, and what queues take, checked against sysfs. */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "driver-test.h"

#define LENGTH (64 * KIB)
#define BUFFERS 5

static int list(struct lab *lab, unsigned long request, struct p2pmem_list *list)
{
	list->size = sizeof(*list);
	list->count = -1;
	return ioctl(lab->control, request, list);
}

static void test_list_buffers(struct lab *lab)
{
	struct p2pmem_buffer_info got[BUFFERS], two[2], expected;
	struct p2pmem_list l = { .entry_size = sizeof(*got),
				 .entries = (uintptr_t)two,
				 .capacity = 2 };
	int fd[BUFFERS], n = 0;

	for (int i = 0; i < BUFFERS; i++)
		fd[i] = alloc(lab, LENGTH);
	do {
		check_errno(list(lab, P2PMEM_CONTROL_LIST_BUFFERS, &l), 0);
		for (unsigned int i = 0; i < l.count && n < BUFFERS; i++)
			got[n++] = two[i];
		l.start = two[l.count - 1].id + 1;
	} while (l.count == 2);
	check(n == BUFFERS);
	for (int i = 0; i < n; i++) {
		check(buffer_info(fd[i], &expected));
		check(!memcmp(&got[i], &expected, sizeof(expected)));
		close(fd[i]);
	}
	l.start = 0;
	check_errno(list(lab, P2PMEM_CONTROL_LIST_BUFFERS, &l), 0);
	check(l.count == 0);
}

static void test_list_entries(struct lab *lab)
{
	struct {
		struct p2pmem_region_info info;
		uint64_t tail;
	} longer = { .tail = -1 };
	struct p2pmem_list l = { .entry_size = sizeof(longer),
				 .entries = (uintptr_t)&longer,
				 .capacity = 1 };

	check_errno(list(lab, P2PMEM_CONTROL_LIST_REGIONS, &l), 0);
	check(l.count == 1 && longer.tail == 0);
	check(longer.info.size == sizeof(longer.info));
	check(longer.info.region <= lab->info.region);
	l.start = 1ULL << 40;
	check_errno(list(lab, P2PMEM_CONTROL_LIST_REGIONS, &l), 0);
	check(l.count == 0);
	l.start = 0;
	l.entry_size = sizeof(longer.info) - 1;
	check_errno(list(lab, P2PMEM_CONTROL_LIST_REGIONS, &l), EINVAL);
	l.entry_size = 1 << 20;
	check_errno(list(lab, P2PMEM_CONTROL_LIST_REGIONS, &l), E2BIG);
	l.entry_size = sizeof(longer);
	l.capacity = 0;
	check_errno(list(lab, P2PMEM_CONTROL_LIST_REGIONS, &l), EINVAL);
	l.capacity = 1;
	l.entries = 8;
	check_errno(list(lab, P2PMEM_CONTROL_LIST_REGIONS, &l), EFAULT);
}

static int query_block(struct lab *lab, const char *disk, struct p2pmem_query_block *query)
{
	struct stat st;

	if (stat(disk, &st) < 0)
		return -1;
	*query = (struct p2pmem_query_block){ .size = sizeof(*query),
					      .major = major(st.st_rdev),
					      .minor = minor(st.st_rdev) };
	return ioctl(lab->control, P2PMEM_CONTROL_QUERY_BLOCK, query);
}

/* The limits are also in sysfs. */
static void check_limits(const char *name, const struct p2pmem_query_block *query)
{
	uint64_t segments = 0, kib = 0;

	check(read_number(&segments, "/sys/class/block/%s/queue/max_segments", name));
	check(read_number(&kib, "/sys/class/block/%s/queue/max_sectors_kb", name));
	check(query->max_segments == segments);
	check(query->max_bytes == kib * KIB);
}

static void test_query_block_nvme(struct lab *lab)
{
	struct p2pmem_query_block query;
	bool seen = false;

	for (size_t i = 0; i < lab->n_nvme; i++) {
		if (!*lab->nvme[i].disk)
			continue;
		seen = true;
		if (check_errno(query_block(lab, lab->nvme[i].disk, &query), 0)) {
			check(query.flags == P2PMEM_BLOCK_P2P);
			check_limits(lab->nvme[i].disk + strlen("/dev/"), &query);
		}
	}
	if (!seen)
		skip("no NVMe disk");
}

/* The first block device that is no NVMe one. */
static bool other_disk(char *ret, size_t size)
{
	struct dirent *entry;
	bool found = false;
	DIR *dir = opendir("/sys/block");

	while (dir && !found && (entry = readdir(dir)))
		if (*entry->d_name != '.' && strncmp(entry->d_name, "nvme", 4)) {
			snprintf(ret, size, "/dev/%s", entry->d_name);
			found = access(ret, F_OK) == 0;
		}
	if (dir)
		closedir(dir);
	return found;
}

static void test_query_block_other(struct lab *lab)
{
	struct p2pmem_query_block query;
	char disk[300];

	if (!other_disk(disk, sizeof(disk))) {
		skip("no block device but NVMe");
		return;
	}
	note("%s", disk);
	if (check_errno(query_block(lab, disk, &query), 0)) {
		check(query.flags == 0);
		check_limits(disk + strlen("/dev/"), &query);
	}
}

static void test_query_block_refused(struct lab *lab)
{
	struct p2pmem_query_block query = { .size = sizeof(query), .major = 4095, .minor = 7 };

	check_errno(ioctl(lab->control, P2PMEM_CONTROL_QUERY_BLOCK, &query), ENODEV);
	query.major = UINT32_MAX;
	check_errno(ioctl(lab->control, P2PMEM_CONTROL_QUERY_BLOCK, &query), ENODEV);
	query.major = 0;
	query.minor = UINT32_MAX;
	check_errno(ioctl(lab->control, P2PMEM_CONTROL_QUERY_BLOCK, &query), ENODEV);
}

const struct test control_tests[] = {
	{ "buffers are listed in pieces, once each", test_list_buffers },
	{ "list entries may be longer, not shorter", test_list_entries },
	{ "NVMe queues take P2P pages", test_query_block_nvme },
	{ "other queues do not", test_query_block_other },
	{ "device numbers without a device are ENODEV", test_query_block_refused },
	{ 0 },
};
