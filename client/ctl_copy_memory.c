/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the data is carried in: a buffer that the broker lends, or host memory. */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "client/ctl.h"
#include "client/ctl_copy.h"
#include "client/say.h"
#include "client/size.h"

int copy_memory_host(size_t size, struct copy_memory *ret)
{
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		return no_memory();
	*ret = (struct copy_memory){ .address = p, .size = size, .mapped = size };
	return STATUS_OK;
}

void copy_memory_clear(struct copy_memory *m)
{
	if (m->mapped)
		munmap(m->address, m->mapped);
	p2pmem_buffer_free(m->buffer);
	*m = (struct copy_memory){};
}

static size_t larger(size_t a, size_t b)
{
	return a > b ? a : b;
}

static int refused(struct p2pmem_client *client, int error)
{
	int status;

	if (copy_stop)
		return copy_stopped_status();
	status = ctl_failure(client, error);
	remedy("--host-memory copies through host memory, without the broker");
	return status;
}

static int map(struct copy_memory *m, size_t align)
{
	int r = p2pmem_buffer_map(m->buffer, &m->address);

	if (r < 0) {
		problem("the lent buffer cannot be mapped: %s", strerror(-r));
		return STATUS_FAILURE;
	}
	m->lease = p2pmem_buffer_lease(m->buffer);
	m->size = m->lease->size & ~(align - 1);
	return STATUS_OK;
}

static int allocate(const struct copy_options *o, struct p2pmem_client *client, const int fds[2],
		    uint64_t size, size_t align, struct p2pmem_buffer **ret)
{
	struct p2pmem_allocate_options options = {
		.struct_size = sizeof(options),
		.size = size,
		.min_size = align,
		.fds = fds,
		.n_fds = 2,
		.name = "p2pmemctl copy",
		.min_verdict = o->min_verdict,
	};
	int r = p2pmem_allocate(client, &options, ret);

	return r < 0 ? refused(client, r) : STATUS_OK;
}

int copy_memory_lent(const struct copy_options *o, const struct endpoint *src,
		     const struct endpoint *dst, uint64_t size, struct copy_memory *ret)
{
	_cleanup_(client_freep) struct p2pmem_client *client = NULL;
	_cleanup_(copy_memory_clear) struct copy_memory m = {};
	size_t align = larger(larger(src->align, dst->align), sysconf(_SC_PAGESIZE));
	char text[SIZE_TEXT_MAX];
	int status = ctl_connect(&client);

	if (status != STATUS_OK) {
		remedy("--host-memory copies through host memory, without the broker");
		return status;
	}
	status = allocate(o, client, (const int[]){ src->fd, dst->fd }, size, align, &m.buffer);
	if (status == STATUS_OK)
		status = map(&m, align);
	if (status != STATUS_OK)
		return status;
	if (m.size < size && !o->quiet)
		note("%s has room for %s in one piece; going on with that", m.lease->region,
		     size_exact(m.size, text));
	*ret = m;
	m = (struct copy_memory){};
	return STATUS_OK;
}
