/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * bench, in the order in which it goes: options, the measurement, the report.
 * Functions return an exit status and have said what was wrong, unless they say
 * otherwise.
 */
#pragma once

#include <p2pmem/io.h>

#include "client/ctl_scratch.h"
#include "client/durations.h"

/* Transfers of one size, so many at a time. */
struct bench_shape {
	uint64_t block;
	unsigned int depth;
};

#define BENCH_SHAPES_MAX 2

struct bench_options {
	const char *region;
	char **devices;
	size_t n_devices;
	struct scratch_options scratch;
	struct bench_shape shapes[BENCH_SHAPES_MAX];
	size_t n_shapes;
	uint64_t seconds; /* for each shape and kind of memory */
	bool json;
};

/* -1: go on, otherwise the exit status to end with. @ret has the defaults at first. */
int bench_parse(int argc, char **argv, struct bench_options *ret);

struct bench_sample {
	uint64_t bytes;
	uint64_t nsec;
	uint64_t cpu_usec; /* of this process */
	struct durations latency; /* of transfers, in nanoseconds */
};

struct bench_row {
	char *path; /* of the device, owned */
	const char *operation;
	enum p2pmem_verdict verdict;
	enum p2pmem_io_engine engine;
	struct bench_shape shape;
	struct bench_sample peer;
	struct bench_sample host;
};

/* What is measured: random places in the range, each in turn read or written. */
struct bench_load {
	const struct scratch *scratch;
	struct bench_shape shape;
	bool write;
	uint64_t nsec; /* for each kind of memory */
};

/* Through @buffer and through @memory in turns, each as large as the shape takes. */
int bench_measure(const struct bench_load *load, struct p2pmem_buffer *buffer, void *memory,
		  struct bench_row *row);

/* Writes all of the range through @memory of @size, so that there is something to read. */
int bench_prepare(const struct scratch *s, void *memory, size_t size);

int bench_report(const struct bench_options *o, const struct p2pmem_region *region,
		 const struct bench_row *rows, size_t n);
