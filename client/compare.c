/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The memory is divided into pairs of blocks. The two halves of a pair are
 * read at the same time, and compared when both are there.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "client/compare.h"

#define BLOCK_SIZE_MAX ((size_t)1 << 20)
#define PAIRS 4

struct pair {
	size_t place; /* of the first half; the other is behind it */
	uint64_t position;
	size_t length;
	int missing; /* halves that are being read */
};

struct compare {
	const struct compare_job *job;
	struct pair pairs[PAIRS];
	size_t block_size;
	int n_pairs;
	uint64_t next; /* where the next pair begins */
	uint64_t difference; /* the first that was found, or the size */
};

static size_t larger(size_t a, size_t b)
{
	return a > b ? a : b;
}

static int divide(struct compare *c)
{
	size_t unit =
		larger(larger(p2pmem_io_file_align(c->job->a), p2pmem_io_file_align(c->job->b)),
		       (size_t)sysconf(_SC_PAGESIZE));
	size_t memory = p2pmem_io_memory_size(c->job->io), share = memory / 2 / PAIRS;
	int depth = (int)p2pmem_io_queue_depth(c->job->io) / 2,
	    most = depth < PAIRS ? depth : PAIRS;

	c->block_size = (share > BLOCK_SIZE_MAX ? BLOCK_SIZE_MAX : larger(share, unit)) &
			~(unit - 1);
	while (c->n_pairs < most && (size_t)(c->n_pairs + 1) * 2 * c->block_size <= memory) {
		c->pairs[c->n_pairs].place = (size_t)c->n_pairs * 2 * c->block_size;
		c->n_pairs++;
	}
	return c->n_pairs ? 0 : -ENOMEM;
}

static int read_half(const struct compare *c, struct p2pmem_io_file *file, struct pair *p,
		     size_t place)
{
	size_t align = p2pmem_io_file_align(file);
	size_t length = (p->length + align - 1) & ~(align - 1);

	return p2pmem_io_submit_read(c->job->io, file, p->position, length, place, p);
}

static int begin(struct compare *c, struct pair *p)
{
	uint64_t left = c->job->size - c->next;
	int r;

	p->position = c->next;
	p->length = left < c->block_size ? (size_t)left : c->block_size;
	p->missing = 2;
	c->next += p->length;
	r = read_half(c, c->job->a, p, p->place);
	return r < 0 ? r : read_half(c, c->job->b, p, p->place + c->block_size);
}

static bool goes_on(const struct compare *c)
{
	return c->next < c->job->size && c->difference == c->job->size &&
	       !(c->job->stop && *c->job->stop);
}

static int begin_all(struct compare *c)
{
	int r = 0;

	for (int i = 0; i < c->n_pairs && r == 0 && goes_on(c); i++)
		if (!c->pairs[i].missing)
			r = begin(c, &c->pairs[i]);
	return r;
}

static void look(struct compare *c, const struct pair *p)
{
	const char *a = (const char *)p2pmem_io_memory(c->job->io) + p->place;
	const char *b = a + c->block_size;
	size_t i = 0;

	if (memcmp(a, b, p->length) == 0)
		return;
	while (a[i] == b[i])
		i++;
	if (p->position + i < c->difference)
		c->difference = p->position + i;
}

static void tell(struct compare *c, struct compare_result *ret)
{
	uint64_t done = c->next < c->difference ? c->next : c->difference;

	for (int i = 0; i < c->n_pairs; i++)
		if (c->pairs[i].missing && c->pairs[i].position < done)
			done = c->pairs[i].position;
	if (done > ret->done && c->job->progress)
		c->job->progress(done, c->job->data);
	ret->done = done;
}

/* 1: there may be more, 0: all is read. */
static int step(struct compare *c, struct compare_result *ret)
{
	struct pair *p;
	int64_t moved;
	void *which;
	int r = begin_all(c);

	if (r == 0)
		r = p2pmem_io_next(c->job->io, &which, &moved);
	if (r <= 0)
		return r;
	p = which;
	if (moved < 0)
		return (int)moved;
	if ((size_t)moved < p->length)
		return -ENODATA;
	if (--p->missing == 0)
		look(c, p);
	tell(c, ret);
	return 1;
}

int compare_files(const struct compare_job *job, struct compare_result *ret)
{
	struct compare c = { .job = job, .difference = job->size };
	int r = divide(&c);

	*ret = (struct compare_result){};
	if (r < 0)
		return r;
	while ((r = step(&c, ret)) > 0)
		;
	if (r < 0)
		return r;
	ret->difference = c.difference;
	if (c.difference < job->size)
		return 0;
	return c.next < job->size ? -ECANCELED : 1;
}
