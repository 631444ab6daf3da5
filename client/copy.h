/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The copy itself: from one descriptor to another through one buffer, and the
 * comparison afterwards. What the descriptors and the buffer are, is the
 * caller's affair; all checks have been made by then.
 */
#pragma once

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* One side. Offsets and lengths of transfers are multiples of @align, a power of two. */
struct copy_side {
	int fd;
	size_t align;
	bool is_file; /* may end anywhere, and is cut to size */
};

struct copy_job {
	struct copy_side src;
	struct copy_side dst;
	void *buffer; /* aligned to pages */
	size_t buffer_size; /* a multiple of both aligns */
	uint64_t size;
	const volatile sig_atomic_t *stop; /* NULL: never; not 0: end soon */
	void (*progress)(void *data, uint64_t done); /* NULL: none */
	void *data;
};

enum copy_operation {
	COPY_READ_SRC,
	COPY_READ_DST,
	COPY_WRITE,
	COPY_SYNC
};

struct copy_result {
	uint64_t done; /* bytes of the job that are through */
	uint64_t bytes_read; /* as the kernel returned them, padding included */
	uint64_t bytes_written; /* likewise */
	enum copy_operation failed; /* which operation, */
	uint64_t offset; /* and where, if there was a failure or a difference */
};

/*
 * Copies, and makes sure that it is on stable storage. A file as destination
 * ends where the copy ends. -EINTR: stopped on request, and what is @done is
 * on stable storage; -ENODATA: the source ended early; other -errno: of the
 * failed operation.
 */
int copy_run(const struct copy_job *job, struct copy_result *ret);

/*
 * Reads both sides again and compares; the buffer is used in two halves, each
 * a multiple of both aligns. 1: they are equal, 0: they differ first at
 * @ret->offset, -errno.
 */
int copy_compare(const struct copy_job *job, struct copy_result *ret);
