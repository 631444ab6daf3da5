/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The measurement. Both kinds of memory take turns, with the same places in the
 * same order, so that what else the machine does meets both.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "common/cleanup.h"
#include "client/ctl_bench.h"
#include "client/ctl_lend.h"

/* Turns of each kind of memory. */
#define TURNS 4

#define NSEC_PER_SEC UINT64_C(1000000000)

struct side {
	struct p2pmem_io *io;
	struct p2pmem_io_file *file;
	uint64_t random; /* state */
	uint64_t ended; /* where, after -ENODATA */
	struct bench_sample *sample;
};

struct slot {
	size_t place;
	uint64_t offset;
	uint64_t begun;
};

static uint64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * NSEC_PER_SEC + (uint64_t)t.tv_nsec;
}

static uint64_t usec_of(const struct timeval *t)
{
	return (uint64_t)t->tv_sec * 1000000 + (uint64_t)t->tv_usec;
}

static uint64_t cpu_used(void)
{
	struct rusage u;

	getrusage(RUSAGE_SELF, &u);
	return usec_of(&u.ru_utime) + usec_of(&u.ru_stime);
}

/* The next of a sequence that is long enough to look random (xorshift). */
static uint64_t next_random(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

static uint64_t next_place(struct side *s, const struct bench_load *l)
{
	uint64_t blocks = l->scratch->length / l->shape.block;

	return l->scratch->offset + next_random(&s->random) % blocks * l->shape.block;
}

static int begin(struct side *s, const struct bench_load *l, struct slot *slot)
{
	slot->offset = next_place(s, l);
	slot->begun = now();
	if (l->write)
		return p2pmem_io_submit_write(s->io, s->file, slot->offset, l->shape.block,
					      slot->place, slot);
	return p2pmem_io_submit_read(s->io, s->file, slot->offset, l->shape.block, slot->place,
				     slot);
}

/* Waits for one, which a new one takes the place of until @end. 0: none is left, -ENODATA: short. */
static int go_on(struct side *s, const struct bench_load *l, uint64_t end)
{
	struct slot *slot;
	int64_t moved;
	void *data;
	uint64_t then;
	int r = p2pmem_io_next(s->io, &data, &moved);

	if (r <= 0)
		return r;
	if (moved < 0)
		return (int)moved;
	then = now();
	slot = data;
	s->ended = slot->offset + (uint64_t)moved;
	if ((uint64_t)moved < l->shape.block)
		return -ENODATA;
	s->sample->bytes += (uint64_t)moved;
	durations_add(&s->sample->latency, then - slot->begun);
	r = then < end ? begin(s, l, slot) : 0;
	return r < 0 ? r : 1;
}

static int turn(struct side *s, const struct bench_load *l, struct slot *slots)
{
	uint64_t cpu = cpu_used(), start = now(), end = start + l->nsec / TURNS;
	int r = 0;

	for (unsigned int i = 0; r >= 0 && i < l->shape.depth; i++)
		r = begin(s, l, &slots[i]);
	if (r >= 0)
		do
			r = go_on(s, l, end);
		while (r > 0);
	s->sample->nsec += now() - start;
	s->sample->cpu_usec += cpu_used() - cpu;
	if (r == -ENODATA)
		return lend_ended(l->scratch->path, s->ended);
	return r < 0 ? lend_io_failure(s->io, r) : STATUS_OK;
}

static int open_side(const struct p2pmem_io_options *options, const struct scratch *scratch,
		     struct bench_sample *sample, struct side *ret)
{
	struct side s = { .random = 0x9e3779b97f4a7c15, .sample = sample };
	int r = p2pmem_io_new(options, &s.io);

	if (r < 0) {
		problem("the memory cannot be used for transfers: %s", strerror(-r));
		return STATUS_FAILURE;
	}
	r = p2pmem_io_attach(s.io, scratch->fd, scratch->path, &s.file);
	*ret = s;
	return r < 0 ? lend_io_failure(s.io, r) : STATUS_OK;
}

static int open_sides(const struct bench_load *l, struct p2pmem_buffer *buffer, void *memory,
		      struct bench_row *row, struct side sides[2])
{
	struct p2pmem_io_options peer = {
		.struct_size = sizeof(peer),
		.buffer = buffer,
		.queue_depth = l->shape.depth,
	};
	struct p2pmem_io_options host = {
		.struct_size = sizeof(host),
		.memory = memory,
		.memory_size = l->shape.block * l->shape.depth,
		.queue_depth = l->shape.depth,
	};
	int status = open_side(&peer, l->scratch, &row->peer, &sides[0]);

	if (status == STATUS_OK)
		status = open_side(&host, l->scratch, &row->host, &sides[1]);
	return status;
}

static int take_turns(const struct bench_load *l, struct side sides[2])
{
	_cleanup_free_ struct slot *slots = calloc(l->shape.depth, sizeof(*slots));
	int status = slots ? STATUS_OK : no_memory();

	for (unsigned int i = 0; slots && i < l->shape.depth; i++)
		slots[i].place = i * l->shape.block;
	for (int i = 0; status == STATUS_OK && i < 2 * TURNS; i++)
		status = turn(&sides[i % 2], l, slots);
	return status;
}

int bench_measure(const struct bench_load *load, struct p2pmem_buffer *buffer, void *memory,
		  struct bench_row *row)
{
	struct side sides[2] = {};
	int status = open_sides(load, buffer, memory, row, sides);

	if (status == STATUS_OK) {
		row->engine = p2pmem_io_get_engine(sides[0].io);
		status = take_turns(load, sides);
	}
	p2pmem_io_free(sides[0].io);
	p2pmem_io_free(sides[1].io);
	return status;
}

int bench_prepare(const struct scratch *s, void *memory, size_t size)
{
	struct p2pmem_io_options options = {
		.struct_size = sizeof(options),
		.memory = memory,
		.memory_size = size,
	};
	struct bench_sample unused = {};
	struct side side = {};
	int status = open_side(&options, s, &unused, &side), r = 0;

	memset(memory, 0xa5, size);
	for (uint64_t at = 0; status == STATUS_OK && r == 0 && at < s->length; at += size)
		r = p2pmem_io_write(side.io, side.file, s->offset + at,
				    s->length - at < size ? s->length - at : size, 0);
	if (r < 0)
		status = lend_io_failure(side.io, r);
	p2pmem_io_free(side.io);
	return status;
}
