/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where a copy begins and ends: what is checked before it, and done after it. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "client/lib_io_copy.h"

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

int io_copy_check(struct p2pmem_io *io, const struct p2pmem_io_copy_options *o)
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

/* ---- behind the end ----------------------------------------------------- */

int io_put_zeros(char *to, size_t n)
{
	_cleanup_close_ int out = -1, in = -1;
	static const char zeros[512];
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) < 0)
		return -errno;
	out = ends[0];
	in = ends[1];
	while (n) {
		size_t part = n < sizeof(zeros) ? n : sizeof(zeros);
		ssize_t put = write(in, zeros, part) < 0 ? -1 : read(out, to, part);

		if (put != (ssize_t)part)
			return put < 0 ? -errno : -EFAULT;
		to += part;
		n -= part;
	}
	return 0;
}

int io_copy_cut(struct p2pmem_io *io, const struct p2pmem_io_copy_options *o)
{
	uint64_t end = o->dst_offset + o->length;

	if (o->dst->is_device || (!o->truncate && !ends_within_block(o)))
		return 0;
	if (ftruncate(o->dst->fd, (off_t)end) < 0)
		return io_failed(io, o->dst, P2PMEM_IO_TRUNCATE, end, -errno);
	return 0;
}

int io_copy_sync(struct p2pmem_io *io, const struct p2pmem_io_copy_options *o, int before)
{
	if (!o->sync || fsync(o->dst->fd) == 0)
		return before;
	/* Whoever cancelled it relies on what was written until then. */
	if (before < 0 && before != -ECANCELED)
		return before;
	return io_failed(io, o->dst, P2PMEM_IO_SYNC, o->dst_offset, -errno);
}
