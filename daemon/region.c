/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Nodes are opened for each request and closed again: an open one would have
 * to be watched for a device that comes and goes. The one exception is the
 * control node that events are read from, whose queue is that of the open
 * file: it keeps the module from being unloaded as long as it is open.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>

#include "common/cleanup.h"
#include "common/pci.h"
#include "daemon/region.h"

#define CONTROL_NODE "/dev/p2pmem-control"
#define LIST_STEP 64U

static int request(int fd, unsigned long number, void *argument)
{
	int r;

	do
		r = ioctl(fd, number, argument);
	while (r < 0 && errno == EINTR);
	return r < 0 ? -errno : 0;
}

static int control(unsigned long number, void *argument)
{
	_cleanup_close_ int fd = open(CONTROL_NODE, O_RDWR | O_CLOEXEC | O_NOCTTY);

	return fd < 0 ? -errno : request(fd, number, argument);
}

/* Where the number of an entry stands, by which a list goes on. */
static uint64_t region_number(const void *entry)
{
	return ((const struct p2pmem_region_info *)entry)->region;
}

static uint64_t buffer_number(const void *entry)
{
	return ((const struct p2pmem_buffer_info *)entry)->id;
}

/* Asks for LIST_STEP entries after another until fewer come. */
static int list(unsigned long number, size_t entry_size, uint64_t (*number_of)(const void *),
		void **ret, size_t *ret_n)
{
	_cleanup_close_ int fd = open(CONTROL_NODE, O_RDWR | O_CLOEXEC | O_NOCTTY);
	_cleanup_free_ char *entries = NULL;
	struct p2pmem_list l = { .size = sizeof(l), .entry_size = (__u32)entry_size };
	size_t n = 0;

	if (fd < 0)
		return -errno;
	do {
		char *p = reallocarray(entries, n + LIST_STEP, entry_size);
		int r;

		if (!p)
			return -ENOMEM;
		entries = p;
		l.entries = (uintptr_t)(entries + n * entry_size);
		l.capacity = LIST_STEP;
		r = request(fd, number, &l);
		if (r < 0)
			return r;
		if (l.count > LIST_STEP)
			return -EPROTO;
		n += l.count;
		if (n > 0)
			l.start = number_of(entries + (n - 1) * entry_size) + 1;
	} while (l.count == LIST_STEP);
	*ret = take_ptr(entries);
	*ret_n = n;
	return 0;
}

static int list_regions(void *driver, struct p2pmem_region_info **ret, size_t *ret_n)
{
	return list(P2PMEM_CONTROL_LIST_REGIONS, sizeof(**ret), region_number, (void **)ret, ret_n);
}

static int list_buffers(void *driver, struct p2pmem_buffer_info **ret, size_t *ret_n)
{
	return list(P2PMEM_CONTROL_LIST_BUFFERS, sizeof(**ret), buffer_number, (void **)ret, ret_n);
}

static int query(void *driver, struct p2pmem_query *q)
{
	q->size = sizeof(*q);
	return control(P2PMEM_CONTROL_QUERY, q);
}

static int query_block(void *driver, struct p2pmem_query_block *q)
{
	q->size = sizeof(*q);
	return control(P2PMEM_CONTROL_QUERY_BLOCK, q);
}

/* Numbers are given out again: the node is asked whose it is now. */
static int open_region(const struct p2pmem_region_info *region)
{
	_cleanup_close_ int fd = -1;
	struct p2pmem_region_info now = { .size = sizeof(now) };
	char path[32];
	int r;

	snprintf(path, sizeof(path), "/dev/p2pmem%u", region->region);
	fd = open(path, O_RDWR | O_CLOEXEC | O_NOCTTY);
	if (fd < 0)
		return errno == ENOENT || errno == ENXIO ? -ENODEV : -errno;
	r = request(fd, P2PMEM_REGION_INFO, &now);
	if (r < 0)
		return r;
	return pci_address_equal(&now.provider, &region->provider) ? take_fd(&fd) : -ENODEV;
}

static int alloc(void *driver, const struct p2pmem_region_info *region, struct p2pmem_alloc *a)
{
	_cleanup_close_ int fd = open_region(region);

	if (fd < 0)
		return fd;
	a->size = sizeof(*a);
	return request(fd, P2PMEM_REGION_ALLOC, a);
}

static int revoke_buffer(void *driver, uint64_t buffer, bool notice)
{
	struct p2pmem_revoke r = {
		.size = sizeof(r),
		.flags = notice ? P2PMEM_REVOKE_NOTICE : 0,
		.id = buffer,
	};

	return control(P2PMEM_CONTROL_REVOKE, &r);
}

static int open_events(void *driver)
{
	int fd = open(CONTROL_NODE, O_RDWR | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);

	return fd < 0 ? -errno : fd;
}

/* Events may be longer than they are known here, and come in steps of their own length. */
static int split_events(const char *data, size_t n, struct p2pmem_event *events)
{
	int count = 0;

	while (n > 0) {
		struct p2pmem_event e = {};

		if (n < sizeof(e.size))
			return -EPROTO;
		memcpy(&e.size, data, sizeof(e.size));
		if (e.size < sizeof(e) || e.size > n)
			return -EPROTO;
		memcpy(&e, data, sizeof(e));
		events[count++] = e;
		data += e.size;
		n -= e.size;
	}
	return count;
}

static int read_events(void *driver, int fd, struct p2pmem_event *events)
{
	char data[P2PMEM_EVENT_READ_SIZE] __attribute__((aligned(8)));
	ssize_t n;

	do
		n = read(fd, data, sizeof(data));
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return errno == EAGAIN ? 0 : -errno;
	return n == 0 ? -ENODEV : split_events(data, (size_t)n, events);
}

static const struct region_ops kernel_ops = {
	.list_regions = list_regions,
	.list_buffers = list_buffers,
	.query = query,
	.query_block = query_block,
	.alloc = alloc,
	.revoke = revoke_buffer,
	.open_events = open_events,
	.read_events = read_events,
};

const struct region_driver region_driver_kernel = { .ops = &kernel_ops };
