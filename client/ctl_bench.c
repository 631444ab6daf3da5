/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* bench: what transfers through a region cost, beside those through host memory. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "client/ctl.h"
#include "client/ctl_bench.h"
#include "client/ctl_lend.h"
#include "client/size.h"

#define NSEC_PER_SEC UINT64_C(1000000000)

/* What there is to work with, and the rows that are done. */
struct bench {
	struct bench_options options;
	struct p2pmem_client *client;
	struct lookup lookup;
	const struct p2pmem_region *region;
	struct bench_row *rows; /* room for all */
	size_t n_rows;
};

static void bench_clear(struct bench *b)
{
	for (size_t i = 0; i < b->n_rows; i++)
		free(b->rows[i].path);
	free(b->rows);
	lookup_clear(&b->lookup);
	p2pmem_client_free(b->client);
}

/* What one device is measured with. */
struct with {
	struct scratch scratch;
	struct p2pmem_buffer *buffer;
	void *memory; /* of the host, as large as the buffer */
	size_t size;
};

static void with_clear(struct with *w)
{
	if (w->memory)
		munmap(w->memory, w->size);
	p2pmem_buffer_free(w->buffer);
	scratch_close(&w->scratch);
}

static uint64_t largest_block(const struct bench_options *o)
{
	uint64_t most = 0;

	for (size_t i = 0; i < o->n_shapes; i++)
		most = o->shapes[i].block > most ? o->shapes[i].block : most;
	return most;
}

static uint64_t wanted(const struct bench_options *o)
{
	uint64_t most = 0;

	for (size_t i = 0; i < o->n_shapes; i++) {
		uint64_t n = o->shapes[i].block * o->shapes[i].depth;

		most = n > most ? n : most;
	}
	return most;
}

static int check_length(const struct bench *b, const struct scratch *s)
{
	uint64_t block = largest_block(&b->options);
	char size[SIZE_TEXT_MAX];

	if (block % s->align) {
		problem("%s wants transfers in multiples of %zu bytes", s->path, s->align);
		return STATUS_USAGE;
	}
	if (s->length >= block)
		return STATUS_OK;
	problem("%s has less to read than a block of %s", s->path, size_exact(block, size));
	remedy("give a smaller --block-size, or more by --size or --destroy");
	return STATUS_TOO_SMALL;
}

static int get_memory(const struct bench *b, struct with *w)
{
	int status = lend_buffer(b->client, b->region, w->scratch.fd, wanted(&b->options),
				 largest_block(&b->options), "p2pmemctl bench", &w->buffer);
	void *p;

	if (status != STATUS_OK)
		return status;
	w->size = p2pmem_buffer_lease(w->buffer)->size;
	p = mmap(NULL, w->size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE,
		 -1, 0);
	if (p == MAP_FAILED)
		return no_memory();
	w->memory = p;
	return STATUS_OK;
}

/* As deep as the region has room for in one piece. */
static struct bench_shape fit(const struct bench_shape *shape, const struct with *w)
{
	struct bench_shape s = *shape;

	if (s.block * s.depth > w->size) {
		s.depth = w->size / s.block;
		note("the region has room for %u transfers at a time, not %u", s.depth,
		     shape->depth);
	}
	return s;
}

static int measure(struct bench *b, const struct with *w, const struct bench_shape *shape,
		   bool write)
{
	struct bench_row *row = &b->rows[b->n_rows];
	struct bench_load load = {
		.scratch = &w->scratch,
		.shape = fit(shape, w),
		.write = write,
		.nsec = b->options.seconds * NSEC_PER_SEC,
	};

	row->path = strdup(w->scratch.path);
	if (!row->path)
		return no_memory();
	b->n_rows++;
	row->operation = write ? "write" : "read";
	row->verdict = p2pmem_buffer_lease(w->buffer)->verdict;
	row->shape = load.shape;
	return bench_measure(&load, w->buffer, w->memory, row);
}

static int measure_all(struct bench *b, const struct with *w)
{
	bool writes = w->scratch.kind != SCRATCH_NONE;
	int status = STATUS_OK;

	if (w->scratch.kind == SCRATCH_FILE)
		status = bench_prepare(&w->scratch, w->memory, w->size);
	for (size_t i = 0; status == STATUS_OK && i < b->options.n_shapes; i++)
		status = measure(b, w, &b->options.shapes[i], false);
	for (size_t i = 0; status == STATUS_OK && writes && i < b->options.n_shapes; i++)
		status = measure(b, w, &b->options.shapes[i], true);
	return status;
}

static int bench_device(struct bench *b, const char *name)
{
	_cleanup_(with_clear) struct with w = { .scratch.fd = -1 };
	_cleanup_free_ char *path = NULL;
	int status = lend_path(&b->lookup, name, &path);

	if (status == STATUS_OK)
		status = scratch_open(path, &b->options.scratch, false, &w.scratch);
	if (status == STATUS_OK)
		status = check_length(b, &w.scratch);
	if (status == STATUS_OK)
		status = get_memory(b, &w);
	return status == STATUS_OK ? measure_all(b, &w) : status;
}

static int prepare(struct bench *b)
{
	size_t most = 2 * b->options.n_shapes * b->options.n_devices;
	int status;

	b->rows = calloc(most, sizeof(*b->rows));
	if (!b->rows)
		return no_memory();
	status = ctl_connect(&b->client);
	if (status == STATUS_OK)
		status = lookup_fill(b->client, &b->lookup);
	if (status == STATUS_OK)
		status = lend_region(&b->lookup, b->options.region, &b->region);
	return status;
}

static int run_bench(int argc, char **argv)
{
	_cleanup_(bench_clear) struct bench b = {};
	int status = bench_parse(argc, argv, &b.options);

	if (status >= 0)
		return status;
	status = prepare(&b);
	for (size_t i = 0; status == STATUS_OK && i < b.options.n_devices; i++)
		status = bench_device(&b, b.options.devices[i]);
	return status == STATUS_OK ? bench_report(&b.options, b.region, b.rows, b.n_rows) : status;
}

const struct verb verb_bench = {
	.name = "bench",
	.arguments = "REGION DEVICE...",
	.summary = "Measures transfers through a region, beside host memory",
	.help = "DEVICE is a block device, or a folder or file on one. Direct reads at random\n"
		"places go through memory of the region and through host memory in turns; writes\n"
		"as well where --file, --destroy or a folder says where.\n\n"
		"Options:\n"
		"  -b, --block-size N   size of a transfer\n"
		"  -q, --queue-depth COUNT\n"
		"                       how many are in flight; without these two: 4K, 1 and 1M, 8\n"
		"  -t, --time SECONDS   for each line of the table (2)\n"
		"      --file FILE      use a scratch file there, in a folder or by a name that is\n"
		"                       not taken; it is removed at once\n"
		"      --destroy RANGE  overwrite that range of DEVICE, like 0+16M or 4G+64M\n"
		"      --size N         size of the scratch file, or of what is read (64M)\n"
		"  -o, --output FORMAT  'table' (default) or 'json'\n"
		"  -h, --help           this text\n\n"
		"P50, P99 and MAX are how long transfers took; CPU-S/GIB is CPU time of this\n"
		"process for each GiB, without interrupts that others had to serve.\n",
	.run = run_bench,
};
