/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <string.h>

#include "client/lib_io_run.h"

int io_begin_range(struct p2pmem_io *io)
{
	io_begin(io);
	io->done = 0;
	if (io->in_flight)
		return failure_set(&io->failure, -EBUSY, "other transfers are in flight");
	return 0;
}

bool io_take_cancel(struct p2pmem_io *io)
{
	return atomic_exchange(&io->cancelled, false);
}

bool io_run_goes_on(struct p2pmem_io *io, struct io_run *run)
{
	if (run->next >= run->length || run->limit < run->length)
		return false;
	if (!io_take_cancel(io))
		return true;
	io_run_end(run, run->next, NULL, 0, 0, -ECANCELED);
	return false;
}

void io_run_end(struct io_run *run, uint64_t position, const struct p2pmem_io_file *file,
		enum p2pmem_io_operation operation, uint64_t offset, int error)
{
	if (position >= run->limit)
		return;
	run->limit = position;
	run->file = file;
	run->operation = operation;
	run->offset = offset;
	run->error = error;
}

int io_run_result(struct p2pmem_io *io, const struct io_run *run)
{
	io->done = run->limit;
	if (run->error == 0)
		return 0;
	if (run->file)
		return io_failed(io, run->file, run->operation, run->offset, run->error);
	return failure_set(&io->failure, run->error,
			   run->error == -ECANCELED ? "cancelled" : "the queue failed: %s",
			   strerror(-run->error));
}
