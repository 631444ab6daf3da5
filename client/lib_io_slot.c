/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * From transfers to system calls. Direct I/O may fall short of what was asked
 * for, and has to go on at an aligned place: what lies between there and where
 * it stopped is transferred again. Only the end of a file stops it for good.
 */
#include <errno.h>

#include "client/lib_io.h"

/* No more than a system call takes, in whole blocks of any device. */
#define ASK_MAX ((size_t)1 << 30)

static void ask(struct p2pmem_io *io, struct io_slot *slot)
{
	slot->asked = io_round_up(slot->length - slot->moved, slot->file->align);
	if (slot->asked > ASK_MAX)
		slot->asked = ASK_MAX;
	slot->peer = io_is_peer_to_peer(io);
	io->engine->start(io, slot);
}

void io_start(struct p2pmem_io *io, const struct io_transfer *t)
{
	struct io_slot *slot = io->free;

	io->free = slot->next;
	io->in_flight++;
	*slot = (struct io_slot){
		.file = t->file,
		.operation = t->operation,
		.memory = io->memory + t->place,
		.offset = t->offset,
		.length = t->length,
		.userdata = t->userdata,
	};
	ask(io, slot);
}

/* Where the buffer was detached in between, nobody can tell, and the worse is assumed. */
static void count(struct p2pmem_io *io, const struct io_slot *slot, size_t n)
{
	bool read = slot->operation == P2PMEM_IO_READ;

	if (slot->peer && io_is_peer_to_peer(io))
		*(read ? &io->counters.peer_to_peer_read : &io->counters.peer_to_peer_written) += n;
	else
		*(read ? &io->counters.host_memory_read : &io->counters.host_memory_written) += n;
}

/* Without as much as a block of progress: a read is at the end of its file, a write is stuck. */
static int stalled(struct io_slot *slot, size_t n)
{
	if (slot->operation == P2PMEM_IO_WRITE)
		return -EIO;
	slot->moved += n;
	return 1;
}

/* 1: the transfer is complete, 0: it has to go on, negative errno. */
static int advance(struct p2pmem_io *io, struct io_slot *slot, ssize_t result)
{
	size_t whole;

	if (result == -EINTR || result == -EAGAIN)
		return 0;
	/* The block layer's word for a medium that cannot be read. Here it is for what is not there. */
	if (result == -ENODATA)
		return -EIO;
	if (result < 0)
		return (int)result;
	count(io, slot, (size_t)result);
	if (slot->moved + (size_t)result >= slot->length) {
		slot->moved = slot->length;
		return 1;
	}
	whole = io_round_down((size_t)result, slot->file->align);
	if (whole == 0)
		return stalled(slot, (size_t)result);
	slot->moved += whole;
	return 0;
}

static void finish(struct p2pmem_io *io, struct io_slot *slot, int r, struct io_outcome *ret)
{
	*ret = (struct io_outcome){
		.transfer = {
			.file = slot->file,
			.operation = slot->operation,
			.place = (size_t)(slot->memory - io->memory),
			.offset = slot->offset,
			.length = slot->length,
			.userdata = slot->userdata,
		},
		.moved = r < 0 ? r : (int64_t)slot->moved,
		.failed_at = slot->offset + slot->moved,
	};
	slot->next = io->free;
	io->free = slot;
	io->in_flight--;
}

int io_wait(struct p2pmem_io *io, struct io_outcome *ret)
{
	while (io->in_flight) {
		struct io_slot *slot;
		ssize_t result;
		int r = io->engine->reap(io, &slot, &result);

		if (r < 0)
			return r;
		r = advance(io, slot, result);
		if (r != 0) {
			finish(io, slot, r, ret);
			return 1;
		}
		ask(io, slot);
	}
	return 0;
}
