// SPDX-License-Identifier: LGPL-2.1-or-later
/* Transfers in flight: io_uring and AIO without their libraries. */
#include <errno.h>
#include <linux/io_uring.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "load-ring.h"

static void *map_ring(int fd, size_t size, off_t what)
{
	return mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, fd, what);
}

static void *at(void *base, unsigned int offset)
{
	return (char *)base + offset;
}

/* Both queues are in one mapping (IORING_FEAT_SINGLE_MMAP, Linux 5.4). */
static int map_queues(struct ring *ring, const struct io_uring_params *p)
{
	size_t sq = p->sq_off.array + p->sq_entries * sizeof(unsigned int);
	size_t cq = p->cq_off.cqes + p->cq_entries * sizeof(struct io_uring_cqe);
	void *base;

	ring->sizes[0] = sq > cq ? sq : cq;
	ring->sizes[1] = p->sq_entries * sizeof(struct io_uring_sqe);
	ring->maps[0] = base = map_ring(ring->fd, ring->sizes[0], IORING_OFF_SQ_RING);
	ring->maps[1] = map_ring(ring->fd, ring->sizes[1], IORING_OFF_SQES);
	if (ring->maps[0] == MAP_FAILED || ring->maps[1] == MAP_FAILED)
		return -errno;
	ring->sq_tail = at(base, p->sq_off.tail);
	ring->sq_mask = at(base, p->sq_off.ring_mask);
	ring->sq_array = at(base, p->sq_off.array);
	ring->cq_head = at(base, p->cq_off.head);
	ring->cq_tail = at(base, p->cq_off.tail);
	ring->cq_mask = at(base, p->cq_off.ring_mask);
	ring->cqes = at(base, p->cq_off.cqes);
	ring->sqes = ring->maps[1];
	return 0;
}

int ring_open(struct ring *ring, unsigned int entries)
{
	struct io_uring_params params = { 0 };

	*ring = (struct ring){ .maps = { MAP_FAILED, MAP_FAILED } };
	ring->fd = syscall(SYS_io_uring_setup, entries, &params);
	return ring->fd < 0 ? -errno : map_queues(ring, &params);
}

void ring_close(struct ring *ring)
{
	for (int i = 0; i < 2; i++)
		if (ring->maps[i] != MAP_FAILED)
			munmap(ring->maps[i], ring->sizes[i]);
	close(ring->fd);
}

static int ring_enter(struct ring *ring, unsigned int submit, unsigned int wait)
{
	long n;

	do
		n = syscall(SYS_io_uring_enter, ring->fd, submit, wait,
			    wait ? IORING_ENTER_GETEVENTS : 0, NULL, 0);
	while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : n;
}

int ring_read(struct ring *ring, int disk, void *memory, size_t length, off_t offset)
{
	unsigned int tail = *ring->sq_tail, index = tail & *ring->sq_mask;
	int n;

	ring->sqes[index] = (struct io_uring_sqe){ .opcode = IORING_OP_READ,
						   .fd = disk,
						   .addr = (uintptr_t)memory,
						   .len = length,
						   .off = offset };
	ring->sq_array[index] = index;
	__atomic_store_n(ring->sq_tail, tail + 1, __ATOMIC_RELEASE);
	n = ring_enter(ring, 1, 0);
	return n < 0 ? n : n == 1 ? 0 : -EAGAIN;
}

int ring_wait(struct ring *ring, int *ret_result)
{
	unsigned int head = *ring->cq_head;
	int n;

	while (head == __atomic_load_n(ring->cq_tail, __ATOMIC_ACQUIRE)) {
		n = ring_enter(ring, 0, 1);
		if (n < 0)
			return n;
	}
	*ret_result = ring->cqes[head & *ring->cq_mask].res;
	__atomic_store_n(ring->cq_head, head + 1, __ATOMIC_RELEASE);
	return 0;
}

int aio_open(aio_context_t *ret, unsigned int entries)
{
	*ret = 0;
	return syscall(SYS_io_setup, entries, ret) < 0 ? -errno : 0;
}

int aio_read(aio_context_t context, int disk, void *memory, size_t length, off_t offset)
{
	struct iocb cb = { .aio_lio_opcode = IOCB_CMD_PREAD,
			   .aio_fildes = disk,
			   .aio_buf = (uintptr_t)memory,
			   .aio_nbytes = length,
			   .aio_offset = offset };
	struct iocb *cbs[] = { &cb };

	return syscall(SYS_io_submit, context, 1, cbs) == 1 ? 0 : -errno;
}

int aio_wait(aio_context_t context, int *ret_result)
{
	struct io_event event;
	long n;

	do
		n = syscall(SYS_io_getevents, context, 1, 1, &event, NULL);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	*ret_result = event.res;
	return 0;
}

void aio_close(aio_context_t context)
{
	syscall(SYS_io_destroy, context);
}
