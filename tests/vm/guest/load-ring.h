/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Transfers in flight, by the kernel's own interfaces: io_uring and AIO. One
 * ring is used by one thread. Whoever submits may unmap, close and exit before
 * the transfer ends.
 */
#ifndef LOAD_RING_H
#define LOAD_RING_H

#include <linux/aio_abi.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct ring {
	int fd;
	unsigned int *sq_tail, *sq_mask, *sq_array;
	unsigned int *cq_head, *cq_tail, *cq_mask;
	struct io_uring_sqe *sqes;
	struct io_uring_cqe *cqes;
	void *maps[2];
	size_t sizes[2];
};

/* All return 0 or a negative errno. */
int ring_open(struct ring *ring, unsigned int entries);
void ring_close(struct ring *ring);
int ring_read(struct ring *ring, int disk, void *memory, size_t length, off_t at);
/* Waits for one to end; *ret_result is what read() would have returned, or -errno. */
int ring_wait(struct ring *ring, int *ret_result);

int aio_open(aio_context_t *ret, unsigned int entries);
int aio_read(aio_context_t context, int disk, void *memory, size_t length, off_t at);
int aio_wait(aio_context_t context, int *ret_result);
void aio_close(aio_context_t context);

#endif
