/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * From one file to another. The memory is divided into blocks, each of which
 * is read into and written from again and again, as fast as it comes: no block
 * waits for another.
 */
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "client/lib_io_copy.h"
#include "client/lib_io_run.h"
#include "client/transfer.h"

/* Smaller ones cost more than the depth gains, where memory is short. */
#define BLOCK_SIZE_SMALL ((size_t)64 << 10)

struct block {
	bool busy;
	size_t place;
	uint64_t position; /* in the range */
	size_t length;
};

struct copy {
	struct p2pmem_io *io;
	const struct p2pmem_io_copy_options *o;
	struct io_run run;
	size_t block_size;
	unsigned int n_blocks;
	struct block *blocks;
};

/* ---- blocks ------------------------------------------------------------ */

static size_t smaller(size_t a, size_t b)
{
	return a < b ? a : b;
}

static size_t larger(size_t a, size_t b)
{
	return a > b ? a : b;
}

/* Rather smaller blocks than fewer, down to where that does not pay. */
static size_t block_size(const struct copy *c)
{
	size_t unit =
		larger(larger(c->o->src->align, c->o->dst->align), (size_t)sysconf(_SC_PAGESIZE));
	size_t wanted = c->o->block_size ?:
				transfer_size(c->o->src->transfer_max, c->o->dst->transfer_max);
	size_t share = larger(c->io->memory_size / c->io->depth, BLOCK_SIZE_SMALL);

	return io_round_down(larger(smaller(smaller(wanted, share), c->io->memory_size), unit),
			     unit);
}

static int blocks_make(struct copy *c)
{
	c->block_size = block_size(c);
	c->n_blocks = (unsigned int)smaller(c->io->memory_size / c->block_size, c->io->depth);
	if (c->n_blocks == 0)
		return failure_set(&c->io->failure, -EINVAL,
				   "the memory has %zu bytes; a block needs %zu",
				   c->io->memory_size, c->block_size);
	c->blocks = calloc(c->n_blocks, sizeof(*c->blocks));
	if (!c->blocks)
		return -ENOMEM;
	for (unsigned int i = 0; i < c->n_blocks; i++)
		c->blocks[i].place = i * c->block_size;
	return 0;
}

static void start(const struct copy *c, struct block *b, enum p2pmem_io_operation operation)
{
	const struct p2pmem_io_copy_options *o = c->o;
	bool read = operation == P2PMEM_IO_READ;
	struct io_transfer t = {
		.file = read ? o->src : o->dst,
		.operation = operation,
		.place = b->place,
		.offset = (read ? o->src_offset : o->dst_offset) + b->position,
		.length = read ? b->length : io_round_up(b->length, o->dst->align),
		.userdata = b,
	};

	io_start(c->io, &t);
}

static void begin(struct copy *c, struct block *b)
{
	uint64_t left = c->run.length - c->run.next;

	b->busy = true;
	b->position = c->run.next;
	b->length = left < c->block_size ? (size_t)left : c->block_size;
	c->run.next += b->length;
	start(c, b, P2PMEM_IO_READ);
}

static void begin_all(struct copy *c)
{
	for (unsigned int i = 0; i < c->n_blocks && io_run_goes_on(c->io, &c->run); i++)
		if (!c->blocks[i].busy)
			begin(c, &c->blocks[i]);
}

static int pad(const struct copy *c, const struct block *b)
{
	size_t padded = io_round_up(b->length, c->o->dst->align);

	if (padded == b->length)
		return 0;
	return io_put_zeros(c->io->memory + b->place + b->length, padded - b->length);
}

static void was_read(struct copy *c, struct block *b, const struct io_outcome *o)
{
	const struct p2pmem_io_file *src = c->o->src;
	uint64_t at = o->transfer.offset + (uint64_t)o->moved;
	int r = (size_t)o->moved < b->length ? -ENODATA : pad(c, b);

	if (r < 0)
		io_run_end(&c->run, b->position, src, P2PMEM_IO_READ, at, r);
	else
		start(c, b, P2PMEM_IO_WRITE);
}

/* What was read is not through yet. */
static void failed(struct copy *c, const struct block *b, const struct io_outcome *o)
{
	const struct io_transfer *t = &o->transfer;
	uint64_t through = t->operation == P2PMEM_IO_READ ? 0 : o->failed_at - t->offset;

	io_run_end(&c->run, b->position + through, t->file, t->operation, o->failed_at,
		   (int)o->moved);
}

static void handle(struct copy *c, const struct io_outcome *o)
{
	struct block *b = o->transfer.userdata;

	if (o->moved < 0)
		failed(c, b, o);
	else if (o->transfer.operation == P2PMEM_IO_READ)
		was_read(c, b, o);
	else
		b->busy = false;
}

/* What is through without a gap: up to the first block that is at work. */
static void tell(struct copy *c)
{
	uint64_t done = smaller(c->run.next, c->run.limit);

	for (unsigned int i = 0; i < c->n_blocks; i++)
		if (c->blocks[i].busy && c->blocks[i].position < done)
			done = c->blocks[i].position;
	if (done <= c->io->done)
		return;
	c->io->done = done;
	if (c->o->progress)
		c->o->progress(done, c->o->userdata);
}

static int copy_blocks(struct copy *c)
{
	struct io_outcome o;
	int r;

	do {
		begin_all(c);
		r = io_wait(c->io, &o);
		if (r > 0) {
			handle(c, &o);
			tell(c);
		}
	} while (r > 0);
	if (r < 0)
		io_run_end(&c->run, 0, NULL, 0, 0, r);
	return io_run_result(c->io, &c->run);
}

static int copy_run(struct copy *c)
{
	int r = blocks_make(c);

	if (r == 0)
		r = copy_blocks(c);
	else
		return r;
	if (r == 0)
		r = io_copy_cut(c->io, c->o);
	r = io_copy_sync(c->io, c->o, r);
	free(c->blocks);
	return r;
}

int p2pmem_io_copy(struct p2pmem_io *io, const struct p2pmem_io_copy_options *options)
{
	struct p2pmem_io_copy_options o;
	struct copy c = { .io = io, .o = &o };
	int r = io_begin_range(io);

	if (r < 0)
		return r;
	if (options_copy(&o, sizeof(o), sizeof(o), options) < 0)
		return failure_set(&io->failure, -EINVAL, "the options are not valid");
	r = io_copy_check(io, &o);
	if (r < 0)
		return r;
	c.run = (struct io_run){ .length = o.length, .limit = o.length };
	return copy_run(&c);
}
