/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which transfer failed, why, and what can be done about it. */
#include <errno.h>
#include <inttypes.h>
#include <linux/fs.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "client/lib_io.h"

const char *p2pmem_io_errmsg(const struct p2pmem_io *io)
{
	return io->failure.message ? io->failure.message : "no further information";
}

const char *p2pmem_io_error_remedy(const struct p2pmem_io *io)
{
	return io->failure.remedy;
}

const struct p2pmem_io_failure *p2pmem_io_last_failure(const struct p2pmem_io *io)
{
	return io->transfer.operation ? &io->transfer : NULL;
}

void io_begin(struct p2pmem_io *io)
{
	failure_clear(&io->failure);
	io->transfer = (struct p2pmem_io_failure){};
}

static const char *verb_of(enum p2pmem_io_operation operation)
{
	static const char *const verbs[] = {
		[P2PMEM_IO_READ] = "reading",
		[P2PMEM_IO_WRITE] = "writing",
		[P2PMEM_IO_SYNC] = "flushing",
		[P2PMEM_IO_TRUNCATE] = "cutting",
	};

	return verbs[operation];
}

/* POLLHUP: the driver has taken the memory back. */
static bool is_revoked(const struct p2pmem_io *io)
{
	struct pollfd p = { .fd = p2pmem_buffer_fd(io->buffer) };

	return poll(&p, 1, 0) > 0 && (p.revents & POLLHUP);
}

/*
 * A disk that goes loses its size first: as far as errors tell, then it has no
 * space left, or it ends there, which one that has become shorter does as well.
 */
static bool has_shrunk(const struct p2pmem_io_file *file, int error)
{
	uint64_t size;

	if (!file->is_device)
		return false;
	if (ioctl(file->fd, BLKGETSIZE64, &size) < 0)
		return true;
	return error == -ENODATA ? size == 0 : size < file->size;
}

/* As long as somebody has it open, its number is nobody else's. */
static bool is_gone(const struct p2pmem_io_file *file, int error)
{
	char path[64];

	snprintf(path, sizeof(path), "/sys/dev/block/%u:%u", major(file->device),
		 minor(file->device));
	if (major(file->device) && access(path, F_OK) < 0 && errno == ENOENT)
		return access("/sys/dev/block", F_OK) == 0;
	return has_shrunk(file, error);
}

/* Which it is that happened cannot be told: the memory goes before its device does. */
static int revoked(struct p2pmem_io *io)
{
	failure_set_remedy(&io->failure, "Allocate another buffer, if there is still the device "
					 "with the memory, or ask whoever administers the broker.");
	return failure_set(&io->failure, -EFAULT,
			   "the buffer was revoked, by an administrator or because the device with "
			   "the memory goes: %s %s ended at byte %" PRIu64,
			   verb_of(io->transfer.operation), io->transfer.name, io->transfer.offset);
}

static int refused_by_layer(struct p2pmem_io *io)
{
	failure_set_remedy(&io->failure, "Use the drive itself, or host memory.");
	return failure_set(&io->failure, -EREMOTEIO,
			   "%s does not take peer-to-peer memory: a layer below it refused (%s)",
			   io->transfer.name, strerror(EREMOTEIO));
}

static int refused_by_kernel(struct p2pmem_io *io)
{
	failure_set_remedy(&io->failure, "The kernel log has its reason; host memory works.");
	return failure_set(&io->failure, -EINVAL,
			   "the kernel refused the transfer between the memory and %s (%s)",
			   io->transfer.name, strerror(EINVAL));
}

static int removed(struct p2pmem_io *io)
{
	return failure_set(&io->failure, -ENODEV, "%s was removed: %s it ended at byte %" PRIu64,
			   io->transfer.name, verb_of(io->transfer.operation), io->transfer.offset);
}

static int ended_early(struct p2pmem_io *io)
{
	return failure_set(&io->failure, -ENODATA,
			   "%s ended at byte %" PRIu64 ": it has become shorter meanwhile",
			   io->transfer.name, io->transfer.offset);
}

static int failed_otherwise(struct p2pmem_io *io)
{
	int error = io->transfer.error;

	failure_set_remedy(
		&io->failure,
		error == -ENOSPC ?
			"Make room there." :
			"See the kernel log (journalctl -k) for what the device reported.");
	return failure_set(&io->failure, error, "%s %s failed at byte %" PRIu64 ": %s",
			   verb_of(io->transfer.operation), io->transfer.name, io->transfer.offset,
			   strerror(-error));
}

static int explain(struct p2pmem_io *io, const struct p2pmem_io_file *file)
{
	bool moves = io->transfer.operation <= P2PMEM_IO_WRITE;

	if (is_gone(file, io->transfer.error))
		return removed(io);
	if (io->transfer.error == -ENODATA)
		return ended_early(io);
	if (moves && io_is_peer_to_peer(io)) {
		if (io->transfer.error == -EFAULT && is_revoked(io))
			return revoked(io);
		if (io->transfer.error == -EREMOTEIO)
			return refused_by_layer(io);
		if (io->transfer.error == -EINVAL)
			return refused_by_kernel(io);
	}
	return failed_otherwise(io);
}

int io_failed(struct p2pmem_io *io, const struct p2pmem_io_file *file,
	      enum p2pmem_io_operation operation, uint64_t offset, int error)
{
	failure_clear(&io->failure);
	io->transfer = (struct p2pmem_io_failure){
		.operation = operation,
		.fd = file->fd,
		.name = file->name,
		.offset = offset,
		.error = error,
	};
	return explain(io, file);
}
