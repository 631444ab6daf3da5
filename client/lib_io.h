/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Inside the I/O half of libp2pmem. A handle owns its slots and its files; a
 * slot is one transfer, from when it is asked for to when it is reported, and
 * an engine does nothing but one system call's worth of it at a time.
 *
 *	io.h -> lib_io_range.c, lib_io_copy.c -> lib_io_slot.c -> engine
 */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <sys/types.h>
#include <p2pmem/io.h>

#include "client/lib.h"

struct p2pmem_io_file {
	struct p2pmem_io_file *next;
	char *name;
	int fd;
	bool is_device;
	bool is_writable;
	dev_t device; /* the block device, or that of the file's file system */
	size_t align; /* a power of two, of offsets and lengths */
	uint64_t size;
	size_t transfer_max; /* as transfer_max() has it */
};

struct io_slot {
	struct io_slot *next; /* while free, or waiting for its turn */
	struct p2pmem_io_file *file;
	enum p2pmem_io_operation operation;
	char *memory;
	uint64_t offset;
	size_t length; /* wanted in total; of a write a multiple of the file's align */
	size_t moved; /* of it, so far */
	size_t asked; /* of the kernel, now */
	bool peer; /* whether the memory was P2P memory when the kernel was asked */
	void *userdata;
};

struct p2pmem_io;

/* The kernel interface that transfers go by. */
struct io_engine {
	enum p2pmem_io_engine kind;
	int (*open)(struct p2pmem_io *io);
	/* Waits for what the kernel has, and drops what it has not. */
	void (*close)(struct p2pmem_io *io);
	/* Queues what slot->asked says. Cannot fail: there is room for all slots. */
	void (*start)(struct p2pmem_io *io, struct io_slot *slot);
	/* Waits until one has an outcome, which is bytes or negative errno. */
	int (*reap)(struct p2pmem_io *io, struct io_slot **ret, ssize_t *ret_result);
};

extern const struct io_engine io_engine_uring;
extern const struct io_engine io_engine_sync;

struct p2pmem_io {
	const struct io_engine *engine;
	void *engine_data;
	int engine_reason;
	struct p2pmem_buffer *buffer; /* NULL: host memory of the caller's */
	char *memory;
	size_t memory_size;
	unsigned int depth;
	unsigned int in_flight;
	struct io_slot *slots;
	struct io_slot *free;
	struct p2pmem_io_file *files;
	struct p2pmem_io_counters counters;
	uint64_t done; /* of the last call on a whole range */
	atomic_bool cancelled;
	struct failure failure;
	struct p2pmem_io_failure transfer; /* operation 0: none */
};

/* Whether bytes of this memory go peer to peer, which p2pmem_buffer_detach() changes. */
bool io_is_peer_to_peer(const struct p2pmem_io *io);

/* Forgets the last failure. */
void io_begin(struct p2pmem_io *io);
/* The same for a call on a whole range, which needs the queue for itself: -EBUSY. */
int io_begin_range(struct p2pmem_io *io);
/* Whether p2pmem_io_cancel() was called since; asking once is enough. */
bool io_take_cancel(struct p2pmem_io *io);

static inline size_t io_round_down(size_t n, size_t align)
{
	return n & ~(align - 1);
}

static inline size_t io_round_up(size_t n, size_t align)
{
	return io_round_down(n + align - 1, align);
}

/* ---- slots: lib_io_slot.c */

/* One transfer to be made. The memory has room for @length rounded up to the file's align. */
struct io_transfer {
	struct p2pmem_io_file *file;
	enum p2pmem_io_operation operation;
	size_t place;
	uint64_t offset;
	size_t length;
	void *userdata;
};

/* The caller has seen to it that a slot is free. */
void io_start(struct p2pmem_io *io, const struct io_transfer *t);

/* What came of one. */
struct io_outcome {
	struct io_transfer transfer;
	int64_t moved; /* at most transfer.length, or negative errno */
	uint64_t failed_at; /* where in the file, then */
};

/* Waits for a transfer to be complete. 1, 0: none is in flight, -errno of the engine. */
int io_wait(struct p2pmem_io *io, struct io_outcome *ret);

/* ---- failures: lib_io_error.c */

/*
 * Records a transfer that failed, unless one before it in the range did, and
 * returns what callers are to be told.
 */
int io_failed(struct p2pmem_io *io, const struct p2pmem_io_file *file,
	      enum p2pmem_io_operation operation, uint64_t offset, int error);
