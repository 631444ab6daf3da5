/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * From one file to another. The memory is divided into blocks, each of which
 * is read into and written from again and again, as fast as it comes: no block
 * waits for another.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "client/lib_io_run.h"

#define BLOCK_SIZE_DEFAULT ((size_t)1 << 20)
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

/* ---- what is asked for ------------------------------------------------ */

static bool is_aligned(const struct p2pmem_io_file *f, uint64_t offset)
{
	return (offset & (f->align - 1)) == 0;
}

static bool ends_within_block(const struct p2pmem_io_copy_options *o)
{
	return !is_aligned(o->dst, o->length);
}

/* What is behind the end, in the same block, must be nobody's. */
static int check_end(struct p2pmem_io *io, const struct p2pmem_io_copy_options *o)
{
	uint64_t end = o->dst_offset + o->length;
	struct stat st;

	if (!ends_within_block(o))
		return 0;
	if (o->dst->is_device)
		return failure_set(&io->failure, -EINVAL,
				   "%" PRIu64
				   " bytes are no multiple of the block of %s, %zu bytes",
				   o->length, o->dst->name, o->dst->align);
	if (o->truncate)
		return 0;
	if (fstat(o->dst->fd, &st) < 0)
		return io_failed(io, o->dst, P2PMEM_IO_WRITE, end, -errno);
	if ((uint64_t)st.st_size > end)
		return failure_set(
			&io->failure, -EINVAL,
			"%s is longer than the copy, which ends within a block of %zu bytes",
			o->dst->name, o->dst->align);
	return 0;
}

static int check(struct p2pmem_io *io, const struct p2pmem_io_copy_options *o)
{
	if (!o->src || !o->dst)
		return failure_set(&io->failure, -EINVAL, "a source and a destination are needed");
	if (!is_aligned(o->src, o->src_offset) || !is_aligned(o->dst, o->dst_offset))
		return failure_set(&io->failure, -EINVAL,
				   "offsets must be multiples of %zu in %s, and of %zu in %s",
				   o->src->align, o->src->name, o->dst->align, o->dst->name);
	if (o->length > INT64_MAX || o->src_offset > INT64_MAX - o->length ||
	    o->dst_offset > INT64_MAX - o->length)
		return failure_set(&io->failure, -EINVAL, "no file is as long as that");
	return check_end(io, o);
}

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
	size_t wanted = c->o->block_size ? c->o->block_size : BLOCK_SIZE_DEFAULT;
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

/*
 * By system calls, as memory that was revoked meanwhile would end the program
 * by SIGBUS at a store, and is but an error here.
 */
static int put_zeros(char *to, size_t n)
{
	_cleanup_close_ int out = -1, in = -1;
	static const char zeros[512];
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) < 0)
		return -errno;
	out = ends[0];
	in = ends[1];
	while (n) {
		size_t part = smaller(n, sizeof(zeros));

		if (write(in, zeros, part) != (ssize_t)part || read(out, to, part) != (ssize_t)part)
			return errno ? -errno : -EIO;
		to += part;
		n -= part;
	}
	return 0;
}

static int pad(const struct copy *c, const struct block *b)
{
	size_t padded = io_round_up(b->length, c->o->dst->align);

	if (padded == b->length)
		return 0;
	return put_zeros(c->io->memory + b->place + b->length, padded - b->length);
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

/* ---- the end ------------------------------------------------------------ */

static int cut(struct p2pmem_io *io, const struct p2pmem_io_copy_options *o)
{
	uint64_t end = o->dst_offset + o->length;

	if (o->dst->is_device || (!o->truncate && !ends_within_block(o)))
		return 0;
	if (ftruncate(o->dst->fd, (off_t)end) < 0)
		return io_failed(io, o->dst, P2PMEM_IO_TRUNCATE, end, -errno);
	return 0;
}

/* If there was a failure before, that is the one to be told. */
static int sync_all(struct p2pmem_io *io, const struct p2pmem_io_copy_options *o, int before)
{
	if (!o->sync || fsync(o->dst->fd) == 0 || before < 0)
		return before;
	return io_failed(io, o->dst, P2PMEM_IO_SYNC, o->dst_offset, -errno);
}

static int copy_run(struct copy *c)
{
	int r = blocks_make(c);

	if (r == 0)
		r = copy_blocks(c);
	else
		return r;
	if (r == 0)
		r = cut(c->io, c->o);
	r = sync_all(c->io, c->o, r);
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
	r = check(io, &o);
	if (r < 0)
		return r;
	c.run = (struct io_run){ .length = o.length, .limit = o.length };
	return copy_run(&c);
}
