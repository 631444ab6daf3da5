/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Direct I/O may fall short of what was asked for, and has to go on at an
 * aligned place: what lies between there and where it stopped is transferred
 * again. The end of a file need not be aligned: reads end early there, writes
 * are padded and the file is cut afterwards.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "client/copy.h"

static size_t round_down(size_t n, size_t align)
{
	return n & ~(align - 1);
}

static size_t round_up(size_t n, size_t align)
{
	return round_down(n + align - 1, align);
}

static bool is_stopped(const struct copy_job *job)
{
	return job->stop && *job->stop;
}

static int failed(struct copy_result *res, enum copy_operation operation, uint64_t offset,
		  int error)
{
	res->failed = operation;
	res->offset = offset;
	return error;
}

/* How far a transfer has come, or 0 if it has not: it would never end. */
static size_t advance(size_t before, size_t moved, size_t want, size_t align)
{
	size_t now = before + moved;

	if (now >= want)
		return want;
	now = round_down(now, align);
	return now > before ? now : 0;
}

/* Reads @want bytes; the buffer has room for that rounded up. */
static int read_block(const struct copy_job *job, const struct copy_side *side, char *buffer,
		      uint64_t offset, size_t want, struct copy_result *res)
{
	enum copy_operation operation = side == &job->src ? COPY_READ_SRC : COPY_READ_DST;
	size_t got = 0;

	while (got < want) {
		ssize_t n = pread(side->fd, buffer + got, round_up(want - got, side->align),
				  (off_t)(offset + got));

		if (n < 0 && errno == EINTR && !is_stopped(job))
			continue;
		if (n < 0)
			return failed(res, operation, offset + got, -errno);
		res->bytes_read += n;
		got = advance(got, n, want, side->align);
		if (got == 0)
			return failed(res, operation, offset, -ENODATA);
	}
	return 0;
}

static int write_block(const struct copy_job *job, char *buffer, uint64_t offset, size_t want,
		       struct copy_result *res)
{
	size_t padded = round_up(want, job->dst.align), put = 0;

	memset(buffer + want, 0, padded - want);
	while (put < padded) {
		ssize_t n = pwrite(job->dst.fd, buffer + put, padded - put, (off_t)(offset + put));

		if (n < 0 && errno == EINTR && !is_stopped(job))
			continue;
		if (n < 0)
			return failed(res, COPY_WRITE, offset + put, -errno);
		res->bytes_written += n;
		put = advance(put, n, padded, job->dst.align);
		if (put == 0)
			return failed(res, COPY_WRITE, offset, -EIO);
	}
	return 0;
}

static size_t next_length(const struct copy_job *job, uint64_t offset, size_t room)
{
	uint64_t left = job->size - offset;

	return left < room ? (size_t)left : room;
}

static int copy_blocks(const struct copy_job *job, struct copy_result *res)
{
	while (res->done < job->size) {
		size_t n = next_length(job, res->done, job->buffer_size);
		int r = is_stopped(job) ? -EINTR : 0;

		if (r == 0)
			r = read_block(job, &job->src, job->buffer, res->done, n, res);
		if (r == 0)
			r = write_block(job, job->buffer, res->done, n, res);
		if (r < 0)
			return r;
		res->done += n;
		if (job->progress)
			job->progress(job->data, res->done);
	}
	return 0;
}

/* A file that was there before may be longer than the copy, one that was padded is. */
static int cut_and_sync(const struct copy_job *job, bool complete, struct copy_result *res)
{
	if (complete && job->dst.is_file && ftruncate(job->dst.fd, (off_t)job->size) < 0)
		return failed(res, COPY_WRITE, job->size, -errno);
	if (fsync(job->dst.fd) < 0)
		return failed(res, COPY_SYNC, res->done, -errno);
	return 0;
}

int copy_run(const struct copy_job *job, struct copy_result *ret)
{
	int r, sync;

	*ret = (struct copy_result){};
	r = copy_blocks(job, ret);
	if (r < 0 && r != -EINTR)
		return r;
	sync = cut_and_sync(job, r == 0, ret);
	return sync < 0 ? sync : r;
}

static size_t first_difference(const char *a, const char *b, size_t n)
{
	size_t i = 0;

	while (i < n && a[i] == b[i])
		i++;
	return i;
}

static int compare_block(const struct copy_job *job, char *a, char *b, size_t n,
			 struct copy_result *res)
{
	int r = read_block(job, &job->src, a, res->done, n, res);

	if (r == 0)
		r = read_block(job, &job->dst, b, res->done, n, res);
	if (r < 0)
		return r;
	if (memcmp(a, b, n) == 0)
		return 1;
	res->offset = res->done + first_difference(a, b, n);
	return 0;
}

int copy_compare(const struct copy_job *job, struct copy_result *ret)
{
	size_t half = job->buffer_size / 2;
	char *a = job->buffer, *b = a + half;

	*ret = (struct copy_result){};
	while (ret->done < job->size) {
		size_t n = next_length(job, ret->done, half);
		int r = is_stopped(job) ? -EINTR : compare_block(job, a, b, n, ret);

		if (r <= 0)
			return r;
		ret->done += n;
		if (job->progress)
			job->progress(job->data, ret->done);
	}
	return 1;
}
