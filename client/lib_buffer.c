/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A buffer, once there is one: what it is, where it is mapped, and its end. */
#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include "common/cleanup.h"
#include "client/lib_buffer.h"

int buffer_new(struct p2pmem_buffer **ret)
{
	_cleanup_free_ struct p2pmem_buffer *b = calloc(1, sizeof(*b));

	if (!b)
		return -ENOMEM;
	b->fd = -1;
	b->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (b->wake < 0)
		return -errno;
	*ret = take_ptr(b);
	return 0;
}

void p2pmem_buffer_free(struct p2pmem_buffer *buffer)
{
	if (!buffer)
		return;
	if (buffer->address)
		munmap(buffer->address, buffer->size);
	close_fd(&buffer->fd);
	close_fd(&buffer->wake);
	pool_free(&buffer->pool);
	free(buffer->fallback_reason);
	free(buffer);
}

void buffer_freep(struct p2pmem_buffer **buffer)
{
	p2pmem_buffer_free(*buffer);
}

/* ---- the lock -------------------------------------------------------- */

static void futex(atomic_uint *word, int operation, unsigned int value)
{
	syscall(SYS_futex, word, operation, value, NULL, NULL, 0);
}

void buffer_lock(struct p2pmem_buffer *buffer, sigset_t *saved)
{
	sigset_t all;

	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, saved);
	while (atomic_exchange(&buffer->locked, 1))
		futex(&buffer->locked, FUTEX_WAIT_PRIVATE, 1);
}

void buffer_unlock(struct p2pmem_buffer *buffer, const sigset_t *saved)
{
	atomic_store(&buffer->locked, 0);
	futex(&buffer->locked, FUTEX_WAKE_PRIVATE, 1);
	pthread_sigmask(SIG_SETMASK, saved, NULL);
}

/* ---- what it is ------------------------------------------------------ */

enum p2pmem_kind p2pmem_buffer_kind(const struct p2pmem_buffer *buffer)
{
	return atomic_load(&buffer->detached) ? P2PMEM_KIND_HOST : buffer->kind;
}

const char *p2pmem_buffer_fallback_reason(const struct p2pmem_buffer *buffer)
{
	if (atomic_load(&buffer->detached))
		return "the P2P memory was given back, and host memory put in its place";
	return buffer->fallback_reason;
}

int p2pmem_buffer_fallback_error(const struct p2pmem_buffer *buffer)
{
	return atomic_load(&buffer->detached) ? -EKEYREVOKED : buffer->fallback_error;
}

uint64_t p2pmem_buffer_size(const struct p2pmem_buffer *buffer)
{
	return buffer->size;
}

const struct p2pmem_lease *p2pmem_buffer_lease(const struct p2pmem_buffer *buffer)
{
	return buffer->lent ? &buffer->lease : NULL;
}

int p2pmem_buffer_fd(const struct p2pmem_buffer *buffer)
{
	return buffer->fd;
}

/* ---- mapping --------------------------------------------------------- */

/* @where: NULL, or what is to be replaced. A child gets none of it, as of P2P memory. */
static void *map_anonymous(struct p2pmem_buffer *buffer, void *where)
{
	void *p = mmap(where, buffer->size, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | (where ? MAP_FIXED : 0), -1, 0);

	if (p != MAP_FAILED)
		madvise(p, buffer->size, MADV_DONTFORK);
	return p;
}

static void *map_descriptor(struct p2pmem_buffer *buffer)
{
	void *p = mmap(NULL, buffer->size, PROT_READ | PROT_WRITE, MAP_SHARED, buffer->fd, 0);

	if (p != MAP_FAILED && buffer->kind != P2PMEM_KIND_PEER_TO_PEER)
		madvise(p, buffer->size, MADV_DONTFORK);
	return p;
}

static int map(struct p2pmem_buffer *buffer)
{
	void *p;

	if (buffer->address)
		return 0;
	p = atomic_load(&buffer->detached) ? map_anonymous(buffer, NULL) : map_descriptor(buffer);
	if (p == MAP_FAILED)
		return -errno;
	buffer->address = p;
	return 0;
}

int p2pmem_buffer_map(struct p2pmem_buffer *buffer, void **ret)
{
	sigset_t saved;
	int r;

	buffer_lock(buffer, &saved);
	r = map(buffer);
	buffer_unlock(buffer, &saved);
	if (r == 0)
		*ret = buffer->address;
	return r;
}

/* ---- detaching ------------------------------------------------------- */

/* The number stays taken, so that nobody who has it finds another file there. */
static int detach(struct p2pmem_buffer *buffer)
{
	if (p2pmem_buffer_kind(buffer) != P2PMEM_KIND_PEER_TO_PEER)
		return 0;
	if (buffer->address && map_anonymous(buffer, buffer->address) == MAP_FAILED)
		return -errno;
	atomic_store(&buffer->detached, true);
	eventfd_write(buffer->wake, 1);
	return dup3(buffer->wake, buffer->fd, O_CLOEXEC) < 0 ? -errno : 0;
}

int p2pmem_buffer_detach(struct p2pmem_buffer *buffer)
{
	sigset_t saved;
	int before = errno, r;

	buffer_lock(buffer, &saved);
	r = detach(buffer);
	buffer_unlock(buffer, &saved);
	errno = before;
	return r;
}
