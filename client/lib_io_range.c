/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reads and writes as one call, with the queue kept full. */
#include <errno.h>
#include <inttypes.h>

#include "client/lib_io_run.h"

/* Small enough that all of the queue is used, large enough that it is worth it. */
#define PIECE_MIN ((size_t)64 << 10)
#define PIECE_MAX ((size_t)1 << 20)

static int check_range(struct p2pmem_io *io, const struct io_transfer *t)
{
	size_t mask = t->file->align - 1;

	if ((t->offset | t->length | t->place) & mask)
		return failure_set(&io->failure, -EINVAL,
				   "%s wants offsets, lengths and places in memory that are "
				   "multiples of %zu",
				   t->file->name, t->file->align);
	if (t->place > io->memory_size || t->length > io->memory_size - t->place)
		return failure_set(&io->failure, -EINVAL, "the memory ends at byte %zu",
				   io->memory_size);
	if (t->offset > INT64_MAX - t->length)
		return failure_set(&io->failure, -EINVAL, "no file is as long as that");
	return 0;
}

static int submit(struct p2pmem_io *io, const struct io_transfer *t)
{
	int r;

	io_begin(io);
	if (!io->free)
		return failure_set(&io->failure, -EBUSY, "%u transfers are in flight already",
				   io->in_flight);
	r = check_range(io, t);
	if (r == 0)
		io_start(io, t);
	return r;
}

int p2pmem_io_submit_read(struct p2pmem_io *io, struct p2pmem_io_file *file, uint64_t offset,
			  size_t length, size_t place, void *userdata)
{
	return submit(io, &(struct io_transfer){ file, P2PMEM_IO_READ, place, offset, length,
						 userdata });
}

int p2pmem_io_submit_write(struct p2pmem_io *io, struct p2pmem_io_file *file, uint64_t offset,
			   size_t length, size_t place, void *userdata)
{
	return submit(io, &(struct io_transfer){ file, P2PMEM_IO_WRITE, place, offset, length,
						 userdata });
}

int p2pmem_io_next(struct p2pmem_io *io, void **ret_userdata, int64_t *ret_moved)
{
	struct io_outcome o;
	int r;

	io_begin(io);
	r = io_wait(io, &o);
	if (r <= 0)
		return r;
	*ret_userdata = o.transfer.userdata;
	*ret_moved = o.moved;
	if (o.moved < 0)
		*ret_moved = io_failed(io, o.transfer.file, o.transfer.operation, o.failed_at,
				       (int)o.moved);
	return 1;
}

/* ---- a whole range ---------------------------------------------------- */

static size_t piece_size(const struct p2pmem_io *io, const struct io_transfer *t)
{
	size_t piece = io_round_up(t->length / io->depth + 1, t->file->align);

	if (piece < PIECE_MIN)
		piece = PIECE_MIN;
	if (piece > PIECE_MAX)
		piece = PIECE_MAX;
	return io_round_up(piece, t->file->align);
}

static void begin_pieces(struct p2pmem_io *io, const struct io_transfer *t, struct io_run *run)
{
	size_t piece = piece_size(io, t);

	while (io->free && io_run_goes_on(io, run)) {
		struct io_transfer part = *t;

		part.offset += run->next;
		part.place += run->next;
		part.length = t->length - run->next < piece ? t->length - run->next : piece;
		run->next += part.length;
		io_start(io, &part);
	}
}

static void end_piece(const struct io_transfer *t, struct io_run *run, const struct io_outcome *o)
{
	uint64_t begin = o->transfer.offset - t->offset;

	if (o->moved < 0)
		io_run_end(run, o->failed_at - t->offset, t->file, t->operation, o->failed_at,
			   (int)o->moved);
	else
		io_run_end(run, begin + (uint64_t)o->moved, NULL, 0, 0, 0);
}

static int whole(struct p2pmem_io *io, const struct io_transfer *t)
{
	struct io_run run = { .length = t->length, .limit = t->length };
	struct io_outcome o;
	int r;

	do {
		begin_pieces(io, t, &run);
		r = io_wait(io, &o);
		if (r > 0 && (o.moved < 0 || (size_t)o.moved < o.transfer.length))
			end_piece(t, &run, &o);
	} while (r > 0);
	if (r < 0)
		io_run_end(&run, 0, NULL, 0, 0, r);
	return io_run_result(io, &run);
}

int64_t p2pmem_io_read(struct p2pmem_io *io, struct p2pmem_io_file *file, uint64_t offset,
		       size_t length, size_t place)
{
	struct io_transfer t = { file, P2PMEM_IO_READ, place, offset, length, NULL };
	int r = io_begin_range(io);

	if (r == 0)
		r = check_range(io, &t);
	if (r == 0)
		r = whole(io, &t);
	return r < 0 ? r : (int64_t)io->done;
}

int p2pmem_io_write(struct p2pmem_io *io, struct p2pmem_io_file *file, uint64_t offset,
		    size_t length, size_t place)
{
	struct io_transfer t = { file, P2PMEM_IO_WRITE, place, offset, length, NULL };
	int r = io_begin_range(io);

	if (r == 0)
		r = check_range(io, &t);
	if (r == 0)
		r = whole(io, &t);
	return r;
}
