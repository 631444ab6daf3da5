/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The handle: its memory, its engine, its queue. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "client/lib_io.h"

#define QUEUE_DEPTH_DEFAULT 8

static void files_free(struct p2pmem_io_file *file)
{
	while (file) {
		struct p2pmem_io_file *next = file->next;

		free(file->name);
		free(file);
		file = next;
	}
}

void p2pmem_io_free(struct p2pmem_io *io)
{
	if (!io)
		return;
	if (io->engine)
		io->engine->close(io);
	files_free(io->files);
	failure_clear(&io->failure);
	free(io->slots);
	free(io);
}

static void io_freep(struct p2pmem_io **io)
{
	p2pmem_io_free(*io);
}

static int slots_make(struct p2pmem_io *io)
{
	io->slots = calloc(io->depth, sizeof(*io->slots));
	if (!io->slots)
		return -ENOMEM;
	for (unsigned int i = 0; i < io->depth; i++) {
		io->slots[i].next = io->free;
		io->free = &io->slots[i];
	}
	return 0;
}

static int engine_open(struct p2pmem_io *io, const struct io_engine *engine)
{
	int r = engine->open(io);

	if (r == 0)
		io->engine = engine;
	return r;
}

/* Whatever it is that forbids io_uring, the other engine does the same, if slower. */
static int engine_choose(struct p2pmem_io *io, enum p2pmem_io_engine wanted)
{
	int r;

	if (wanted == P2PMEM_IO_ENGINE_SYNC)
		return engine_open(io, &io_engine_sync);
	r = engine_open(io, &io_engine_uring);
	if (r == 0 || wanted == P2PMEM_IO_ENGINE_URING)
		return r;
	io->engine_reason = r;
	return engine_open(io, &io_engine_sync);
}

static int memory_take(struct p2pmem_io *io, const struct p2pmem_io_options *o)
{
	void *memory = o->memory;

	io->buffer = o->buffer;
	io->memory_size = o->memory_size;
	if (o->buffer) {
		int r = p2pmem_buffer_map(o->buffer, &memory);

		if (r < 0)
			return r;
		io->memory_size = p2pmem_buffer_size(o->buffer);
	}
	io->memory = memory;
	return 0;
}

static bool options_are_valid(const struct p2pmem_io_options *o)
{
	if (o->buffer ? o->memory || o->memory_size : !o->memory || !o->memory_size)
		return false;
	return (uintptr_t)o->memory % (size_t)sysconf(_SC_PAGESIZE) == 0 &&
	       o->queue_depth <= P2PMEM_IO_QUEUE_DEPTH_MAX && o->engine <= P2PMEM_IO_ENGINE_SYNC;
}

int p2pmem_io_new(const struct p2pmem_io_options *options, struct p2pmem_io **ret)
{
	_cleanup_(io_freep) struct p2pmem_io *io = NULL;
	struct p2pmem_io_options o;
	int r;

	if (options_copy(&o, sizeof(o), sizeof(o), options) < 0 || !options_are_valid(&o))
		return -EINVAL;
	io = calloc(1, sizeof(*io));
	if (!io)
		return -ENOMEM;
	io->depth = o.queue_depth ? o.queue_depth : QUEUE_DEPTH_DEFAULT;
	r = slots_make(io);
	if (r == 0)
		r = memory_take(io, &o);
	if (r == 0)
		r = engine_choose(io, o.engine);
	if (r == 0)
		*ret = take_ptr(io);
	return r;
}

enum p2pmem_io_engine p2pmem_io_get_engine(const struct p2pmem_io *io)
{
	return io->engine->kind;
}

const char *p2pmem_io_engine_name(enum p2pmem_io_engine engine)
{
	switch (engine) {
	case P2PMEM_IO_ENGINE_URING:
		return "io_uring";
	case P2PMEM_IO_ENGINE_SYNC:
		return "preadv";
	default:
		return "unknown";
	}
}

int p2pmem_io_engine_reason(const struct p2pmem_io *io)
{
	return io->engine_reason;
}

void *p2pmem_io_memory(const struct p2pmem_io *io)
{
	return io->memory;
}

size_t p2pmem_io_memory_size(const struct p2pmem_io *io)
{
	return io->memory_size;
}

unsigned int p2pmem_io_queue_depth(const struct p2pmem_io *io)
{
	return io->depth;
}

const struct p2pmem_io_counters *p2pmem_io_get_counters(const struct p2pmem_io *io)
{
	return &io->counters;
}

uint64_t p2pmem_io_done(const struct p2pmem_io *io)
{
	return io->done;
}

void p2pmem_io_cancel(struct p2pmem_io *io)
{
	atomic_store(&io->cancelled, true);
}

bool io_is_peer_to_peer(const struct p2pmem_io *io)
{
	return io->buffer && p2pmem_buffer_kind(io->buffer) == P2PMEM_KIND_PEER_TO_PEER;
}
