/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The daemon on the mock driver, connections to it, and how long they take. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct bench {
	char folder[64];
	char socket[96];
	pid_t daemon;
};

void bench_start(struct bench *b, const char *program);
void bench_stop(struct bench *b);

/* Of the daemon, in KiB. */
unsigned long bench_rss_anon(const struct bench *b);

uint64_t bench_now(void); /* nanoseconds */

int bench_connect(const struct bench *b);

/* One call of Allocate, and the descriptor that it is answered with. */
void bench_send_allocate(int connection);
int bench_receive_allocated(int connection);

/* Latencies in nanoseconds, kept whole. */
struct samples {
	uint64_t *list;
	size_t n;
	size_t capacity;
};

void samples_add(struct samples *s, uint64_t value);
uint64_t samples_percentile(struct samples *s, double percent);
void samples_done(struct samples *s);

/* What a hostile client does to another: each kind by its name. */
struct hostility {
	const char *name;
	double worst_ms; /* that the other waited */
	long growth_kib; /* of the daemon */
};

#define HOSTILITIES_MAX 16
size_t bench_hostile(const struct bench *b, struct hostility ret[static HOSTILITIES_MAX]);
