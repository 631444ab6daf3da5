/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The inside of a buffer.
 *
 * What it is, is settled before anybody else sees it, but for two things that
 * detaching changes under the lock: @detached, which others read without it,
 * and what the number @fd stands for. @address is set once, under the lock.
 * Signals are blocked while the lock is held, so that a signal handler never
 * waits for the thread that it interrupts, and may detach.
 */
#pragma once

#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "client/lib.h"

struct p2pmem_buffer {
	int fd;
	int wake; /* eventfd: readable once waiting is of no use any more */
	atomic_uint locked;
	atomic_bool detached;
	enum p2pmem_kind kind; /* while it is not detached */
	uint64_t size;
	void *address; /* NULL: not mapped */
	int fallback_error;
	char *fallback_reason;
	bool lent; /* there is a lease */
	struct p2pmem_lease lease;
	struct pool pool; /* of the lease */
};

int buffer_new(struct p2pmem_buffer **ret);
void buffer_freep(struct p2pmem_buffer **buffer);

/* Safe in signal handlers. @saved is the mask of before. */
void buffer_lock(struct p2pmem_buffer *buffer, sigset_t *saved);
void buffer_unlock(struct p2pmem_buffer *buffer, const sigset_t *saved);

/* Host memory of at least @size bytes, as a descriptor that cannot be made shorter. */
int host_memory(uint64_t size, enum p2pmem_fallback fallback, struct p2pmem_buffer *buffer);

/* What a descriptor is that came from elsewhere. -ENOTTY: no buffer. */
int buffer_examine(int fd, enum p2pmem_kind *ret_kind, uint64_t *ret_size);
