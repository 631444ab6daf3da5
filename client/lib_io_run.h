/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A call on a whole range: it is cut into pieces that are begun in order and
 * end in any order. What counts is how far it is through without a gap.
 */
#pragma once

#include "client/lib_io.h"

struct io_run {
	uint64_t length;
	uint64_t next; /* where the next piece begins */
	uint64_t limit; /* where it will have to end, as far as is known */
	int error; /* that made it so, 0: the end of the file */
	const struct p2pmem_io_file *file; /* that failed, */
	enum p2pmem_io_operation operation; /* in what, */
	uint64_t offset; /* and where */
};

/* Whether there is another piece to begin. */
bool io_run_goes_on(struct p2pmem_io *io, struct io_run *run);

/* The range ends at @position: by an error, or with 0 because its file does. */
void io_run_end(struct io_run *run, uint64_t position, const struct p2pmem_io_file *file,
		enum p2pmem_io_operation operation, uint64_t offset, int error);

/* Sets io->done, records what failed, and returns what the caller is told. */
int io_run_result(struct p2pmem_io *io, const struct io_run *run);
