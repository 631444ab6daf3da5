/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What is counted since the daemon began. Pure; what there is now (regions,
 * leases) is not kept here but looked up when somebody asks. Nothing that a
 * client chooses becomes the name of a counter, so there are only so many.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct counter {
	const char *name;
	uint64_t n;
};

/* In the order in which they were first named. */
#define COUNTERS_MAX 40
struct counters {
	struct counter list[COUNTERS_MAX];
	size_t n;
};

/* @name has to live as long. 0: it is there from now on. More than COUNTERS_MAX are left out. */
void counters_add(struct counters *c, const char *name, uint64_t n);

/* Upper bounds, ascending, with the bound itself; one bucket more is for what is beyond. */
#define HISTOGRAM_BOUNDS 15
extern const uint64_t histogram_bounds_usec[HISTOGRAM_BOUNDS];

struct histogram {
	uint64_t counts[HISTOGRAM_BOUNDS + 1]; /* of each bucket alone */
	uint64_t sum_usec;
};

void histogram_add(struct histogram *h, uint64_t usec);

struct metrics {
	struct counters requests; /* by method */
	struct counters refusals; /* by error */
	struct counters revocations; /* by reason, notice among them */
	struct counters disconnections; /* by cause */
	uint64_t connections; /* accepted */
	uint64_t leases; /* granted */
	uint64_t leases_ended;
	uint64_t bytes; /* of the granted */
	struct histogram latency; /* of calls that were answered at once */
};

/* With what rates are made of there from the beginning. */
void metrics_init(struct metrics *m);
