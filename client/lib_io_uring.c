/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Transfers by io_uring. They are gathered until somebody waits, and handed to
 * the kernel then, so that a full queue costs one system call.
 */
#include <errno.h>
#include <liburing.h>
#include <stdlib.h>

#include "common/cleanup.h"
#include "client/lib_io.h"

/* A handle may wander from thread to thread, which rules out IORING_SETUP_SINGLE_ISSUER. */
static int ring_open(unsigned int depth, struct io_uring *ring)
{
	struct io_uring_params params = { .flags = IORING_SETUP_COOP_TASKRUN };
	int r = io_uring_queue_init_params(depth, ring, &params);

	if (r != -EINVAL)
		return r;
	/* A kernel before 5.19. */
	params = (struct io_uring_params){};
	return io_uring_queue_init_params(depth, ring, &params);
}

static int uring_open(struct p2pmem_io *io)
{
	_cleanup_free_ struct io_uring *ring = calloc(1, sizeof(*ring));
	int r;

	if (!ring)
		return -ENOMEM;
	r = ring_open(io->depth, ring);
	if (r < 0)
		return r;
	io->engine_data = take_ptr(ring);
	return 0;
}

static void uring_close(struct p2pmem_io *io)
{
	struct io_uring *ring = io->engine_data;
	unsigned int left = io->in_flight - io_uring_sq_ready(ring);
	struct io_uring_cqe *cqe;

	while (left) {
		int r = io_uring_wait_cqe(ring, &cqe);

		if (r == -EINTR)
			continue;
		if (r < 0)
			break;
		io_uring_cqe_seen(ring, cqe);
		left--;
	}
	io_uring_queue_exit(ring);
	free(ring);
}

static void uring_start(struct p2pmem_io *io, struct io_slot *slot)
{
	struct io_uring_sqe *sqe = io_uring_get_sqe(io->engine_data);
	char *memory = slot->memory + slot->moved;
	uint64_t offset = slot->offset + slot->moved;

	if (slot->operation == P2PMEM_IO_READ)
		io_uring_prep_read(sqe, slot->file->fd, memory, (unsigned int)slot->asked, offset);
	else
		io_uring_prep_write(sqe, slot->file->fd, memory, (unsigned int)slot->asked, offset);
	io_uring_sqe_set_data(sqe, slot);
}

/* Short of memory or room for completions, the kernel wants to be asked again. */
static bool is_transient(int r)
{
	return r == -EINTR || r == -EAGAIN || r == -EBUSY;
}

static int uring_reap(struct p2pmem_io *io, struct io_slot **ret, ssize_t *ret_result)
{
	struct io_uring *ring = io->engine_data;
	struct io_uring_cqe *cqe;

	while (io_uring_peek_cqe(ring, &cqe) < 0) {
		int r = io_uring_submit_and_wait(ring, 1);

		if (r < 0 && !is_transient(r))
			return r;
	}
	*ret = io_uring_cqe_get_data(cqe);
	*ret_result = cqe->res;
	io_uring_cqe_seen(ring, cqe);
	return 0;
}

const struct io_engine io_engine_uring = {
	.kind = P2PMEM_IO_ENGINE_URING,
	.open = uring_open,
	.close = uring_close,
	.start = uring_start,
	.reap = uring_reap,
};
