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

void copy_memory_clear(struct copy_memory *m)
{
	copy_stops_io(NULL);
	p2pmem_io_free(m->io);
	if (m->mapped)
		munmap(m->mapped, m->size);
	p2pmem_buffer_free(m->buffer);
	*m = (struct copy_memory){};
}

/* What would be copied by the CPU behind our back is found here. */
static int attach(struct copy_memory *m, const struct endpoint *e, struct p2pmem_io_file **ret)
{
	int r = p2pmem_io_attach(m->io, e->fd, e->path, ret);

	if (r == 0)
		return STATUS_OK;
	problem("%s", p2pmem_io_errmsg(m->io));
	if (p2pmem_io_error_remedy(m->io))
		remedy("%s", p2pmem_io_error_remedy(m->io));
	return r == -EOPNOTSUPP ? STATUS_NO_DIRECT_IO : STATUS_FAILURE;
}

/* Slower is no reason to fail, but one to say so to who wanted to be fast. */
static void tell_engine(const struct copy_options *o, const struct copy_memory *m)
{
	int reason = p2pmem_io_engine_reason(m->io);

	if (reason < 0 && o->wants_depth && o->queue_depth > 1 && !o->quiet)
		note("io_uring is not to be had here (%s): transfers go one at a time",
		     strerror(-reason));
}

static int make_io(const struct copy_options *o, const struct endpoint *src,
		   const struct endpoint *dst, struct copy_memory *m)
{
	struct p2pmem_io_options options = {
		.struct_size = sizeof(options),
		.buffer = m->buffer,
		.memory = m->mapped,
		.memory_size = m->mapped ? m->size : 0,
		.queue_depth = o->queue_depth,
	};
	int s, r = p2pmem_io_new(&options, &m->io);

	if (r < 0) {
		problem("the memory cannot be used: %s", strerror(-r));
		return STATUS_FAILURE;
	}
	tell_engine(o, m);
	s = attach(m, src, &m->src);
	return s == STATUS_OK ? attach(m, dst, &m->dst) : s;
}

/* ---- of the host -------------------------------------------------------- */

int copy_memory_host(const struct copy_options *o, const struct endpoint *src,
		     const struct endpoint *dst, uint64_t block, struct copy_memory *ret)
{
	_cleanup_(copy_memory_clear) struct copy_memory m = { .size = block * o->queue_depth };
	void *p = mmap(NULL, m.size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int s;

	if (p == MAP_FAILED)
		return no_memory();
	m.mapped = p;
	s = make_io(o, src, dst, &m);
	if (s != STATUS_OK)
		return s;
	*ret = m;
	m = (struct copy_memory){};
	return STATUS_OK;
}

/* ---- lent ---------------------------------------------------------------- */

static void client_forget(struct p2pmem_client **client)
{
	copy_stops_client(NULL);
	p2pmem_client_free(*client);
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

static size_t larger(size_t a, size_t b)
{
	return a > b ? a : b;
}

static int allocate(const struct copy_options *o, struct p2pmem_client *client,
		    const struct endpoint *src, const struct endpoint *dst, uint64_t block,
		    struct copy_memory *m)
{
	const int fds[] = { src->fd, dst->fd };
	struct p2pmem_allocate_options options = {
		.struct_size = sizeof(options),
		.size = block * o->queue_depth,
		.min_size = larger(larger(src->align, dst->align), sysconf(_SC_PAGESIZE)),
		.fds = fds,
		.n_fds = 2,
		.name = "p2pmemctl copy",
		.min_verdict = o->min_verdict,
	};
	int r = p2pmem_allocate(client, &options, &m->buffer);

	if (r < 0)
		return refused(client, r);
	m->lease = p2pmem_buffer_lease(m->buffer);
	m->size = p2pmem_buffer_size(m->buffer);
	return STATUS_OK;
}

int copy_memory_lent(const struct copy_options *o, const struct endpoint *src,
		     const struct endpoint *dst, uint64_t block, struct copy_memory *ret)
{
	_cleanup_(client_forget) struct p2pmem_client *client = NULL;
	_cleanup_(copy_memory_clear) struct copy_memory m = {};
	char text[SIZE_TEXT_MAX];
	int s = ctl_connect(&client);

	if (s != STATUS_OK) {
		remedy("--host-memory copies through host memory, without the broker");
		return s;
	}
	copy_stops_client(client);
	s = allocate(o, client, src, dst, block, &m);
	if (s == STATUS_OK)
		s = make_io(o, src, dst, &m);
	if (s != STATUS_OK)
		return s;
	if (m.size < block && !o->quiet)
		note("%s has room for %s in one piece; going on with that", m.lease->region,
		     size_exact(m.size, text));
	*ret = m;
	m = (struct copy_memory){};
	return STATUS_OK;
}
