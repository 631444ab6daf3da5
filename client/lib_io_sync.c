/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Transfers where the kernel, or whoever runs this program, does not let it
 * have io_uring: one after the other, in the order in which they were asked
 * for, when somebody waits.
 */
#include <errno.h>
#include <stdlib.h>
#include <sys/uio.h>

#include "client/lib_io.h"

/* Slots that wait for their turn. */
struct turns {
	struct io_slot *first;
	struct io_slot **last;
};

static int sync_open(struct p2pmem_io *io)
{
	struct turns *turns = calloc(1, sizeof(*turns));

	if (!turns)
		return -ENOMEM;
	turns->last = &turns->first;
	io->engine_data = turns;
	return 0;
}

static void sync_close(struct p2pmem_io *io)
{
	free(io->engine_data);
}

static void sync_start(struct p2pmem_io *io, struct io_slot *slot)
{
	struct turns *turns = io->engine_data;

	slot->next = NULL;
	*turns->last = slot;
	turns->last = &slot->next;
}

static ssize_t transfer(const struct io_slot *slot)
{
	struct iovec v = { slot->memory + slot->moved, slot->asked };
	off_t offset = (off_t)(slot->offset + slot->moved);
	ssize_t n = slot->operation == P2PMEM_IO_READ ? preadv(slot->file->fd, &v, 1, offset) :
							pwritev(slot->file->fd, &v, 1, offset);

	return n < 0 ? -errno : n;
}

static int sync_reap(struct p2pmem_io *io, struct io_slot **ret, ssize_t *ret_result)
{
	struct turns *turns = io->engine_data;
	struct io_slot *slot = turns->first;

	turns->first = slot->next;
	if (!turns->first)
		turns->last = &turns->first;
	*ret = slot;
	*ret_result = transfer(slot);
	return 0;
}

const struct io_engine io_engine_sync = {
	.kind = P2PMEM_IO_ENGINE_SYNC,
	.open = sync_open,
	.close = sync_close,
	.start = sync_start,
	.reap = sync_reap,
};
