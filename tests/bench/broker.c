/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * broker DAEMON JSON: what a broker with many clients can do, on the mock
 * driver, so that what is measured is the daemon's own part. A cycle is a call
 * of Allocate, its reply with a buffer, and the end of the buffer by close().
 *
 * 1. How many cycles a second, with 1,000 clients connected and some of them
 *    active at a time.
 * 2. How long one takes at half of the target, begun at fixed times, whether or
 *    not the one before is done.
 * 3. What the daemon needs for 1,000 clients and 10,000 leases.
 * 4. What hostile clients do to another one (broker_hostile.c).
 */
#include <err.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

#include "tests/bench/broker.h"

#define CLIENTS 1000U
#define ACTIVE 32U /* calls under way at a time */
#define LEASES 10000U
#define TARGET 10000U /* cycles a second */
#define SECONDS 3U
#define NS 1000000000ULL

struct result {
	double cycles; /* a second */
	uint64_t p50; /* at half of the target, in nanoseconds */
	uint64_t p99;
	unsigned long rss_idle;
	unsigned long rss_clients;
	unsigned long rss_leases;
	struct hostility hostilities[HOSTILITIES_MAX];
	size_t n_hostilities;
};

struct client {
	int fd;
	uint64_t since; /* of its call; 0: none is under way */
};

struct crowd {
	struct client clients[CLIENTS];
	int epoll;
};

static void crowd_new(const struct bench *b, struct crowd *c)
{
	c->epoll = epoll_create1(EPOLL_CLOEXEC);
	for (unsigned int i = 0; i < CLIENTS; i++) {
		struct epoll_event e = { .events = EPOLLIN, .data.u32 = i };

		c->clients[i] = (struct client){ .fd = bench_connect(b) };
		if (epoll_ctl(c->epoll, EPOLL_CTL_ADD, c->clients[i].fd, &e) < 0)
			err(1, "epoll");
	}
	/* The last one is served, and so all are connected. */
	bench_send_allocate(c->clients[CLIENTS - 1].fd);
	close(bench_receive_allocated(c->clients[CLIENTS - 1].fd));
}

static void crowd_done(struct crowd *c)
{
	for (unsigned int i = 0; i < CLIENTS; i++)
		close(c->clients[i].fd);
	close(c->epoll);
}

static void begin(struct client *c, uint64_t since)
{
	c->since = since;
	bench_send_allocate(c->fd);
}

/* Ends the cycles that can be ended within @timeout. How many. */
static unsigned int finish(struct crowd *c, int timeout, struct samples *samples)
{
	struct epoll_event events[64];
	int n = epoll_wait(c->epoll, events, 64, timeout);

	for (int i = 0; i < n; i++) {
		struct client *client = &c->clients[events[i].data.u32];

		close(bench_receive_allocated(client->fd));
		if (samples)
			samples_add(samples, bench_now() - client->since);
		client->since = 0;
	}
	return n > 0 ? (unsigned int)n : 0;
}

static double measure_rate(struct crowd *c)
{
	uint64_t start = bench_now(), now;
	unsigned int next = 0, under_way = 0;
	unsigned long done = 0;

	do {
		for (; under_way < ACTIVE; under_way++)
			begin(&c->clients[next++ % CLIENTS], 1);
		unsigned int n = finish(c, -1, NULL);

		under_way -= n;
		done += n;
		now = bench_now();
	} while (now - start < SECONDS * NS);
	while (under_way > 0)
		under_way -= finish(c, -1, NULL);
	return (double)done * NS / (double)(now - start);
}

/* A call that is due while its client still waits makes the next one wait: what it took counts. */
static void measure_latency(struct crowd *c, struct result *ret)
{
	uint64_t step = NS / (TARGET / 2), start = bench_now(), due = start;
	struct samples samples = {};
	unsigned int next = 0, under_way = 0;

	while (due - start < SECONDS * NS || under_way > 0) {
		uint64_t now = bench_now();

		while (due <= now && due - start < SECONDS * NS &&
		       !c->clients[next % CLIENTS].since) {
			begin(&c->clients[next++ % CLIENTS], due);
			under_way++;
			due += step;
		}
		under_way -= finish(c, 0, &samples);
	}
	ret->p50 = samples_percentile(&samples, 50);
	ret->p99 = samples_percentile(&samples, 99);
	samples_done(&samples);
}

static void measure_memory(const struct bench *b, struct crowd *c, struct result *ret)
{
	static int held[LEASES];

	ret->rss_clients = bench_rss_anon(b);
	for (unsigned int i = 0; i < LEASES; i++) {
		bench_send_allocate(c->clients[i % CLIENTS].fd);
		held[i] = bench_receive_allocated(c->clients[i % CLIENTS].fd);
	}
	ret->rss_leases = bench_rss_anon(b);
	for (unsigned int i = 0; i < LEASES; i++)
		close(held[i]);
}

/* ---- report ---------------------------------------------------------- */

static void print_line(const char *what, double value, const char *unit, const char *target,
		       bool met)
{
	printf("%-44s %10.2f %-4s %-10s %s\n", what, value, unit, target, met ? "" : "MISSED");
}

static void print_table(const struct result *r)
{
	print_line("allocate and free, 1,000 clients", r->cycles, "/s", ">= 10000",
		   r->cycles >= TARGET);
	print_line("median at 5,000/s", (double)r->p50 / 1e6, "ms", "", true);
	print_line("99th percentile at 5,000/s", (double)r->p99 / 1e6, "ms", "< 5",
		   r->p99 < 5000000);
	print_line("RssAnon, nobody connected", (double)r->rss_idle / 1024, "MiB", "", true);
	print_line("RssAnon, 1,000 clients", (double)r->rss_clients / 1024, "MiB", "", true);
	print_line("RssAnon, 1,000 clients and 10,000 leases", (double)r->rss_leases / 1024, "MiB",
		   "< 8", r->rss_leases < 8192);
	for (size_t i = 0; i < r->n_hostilities; i++) {
		const struct hostility *h = &r->hostilities[i];
		char what[64];

		snprintf(what, sizeof(what), "%s: another waits", h->name);
		print_line(what, h->worst_ms, "ms", "< 100", h->worst_ms < 100);
		snprintf(what, sizeof(what), "%s: growth", h->name);
		print_line(what, (double)h->growth_kib / 1024, "MiB", "< 1", h->growth_kib < 1024);
	}
}

static void write_json(const struct result *r, const char *path)
{
	FILE *f = fopen(path, "we");

	if (!f)
		err(1, "%s", path);
	fprintf(f,
		"{\"cyclesPerSecond\":%.0f,\"p50Usec\":%.1f,\"p99Usec\":%.1f,"
		"\"rssAnonKiB\":{\"idle\":%lu,\"clients\":%lu,\"leases\":%lu},\"hostile\":[",
		r->cycles, (double)r->p50 / 1e3, (double)r->p99 / 1e3, r->rss_idle, r->rss_clients,
		r->rss_leases);
	for (size_t i = 0; i < r->n_hostilities; i++)
		fprintf(f, "%s{\"name\":\"%s\",\"worstMs\":%.3f,\"growthKiB\":%ld}", i ? "," : "",
			r->hostilities[i].name, r->hostilities[i].worst_ms,
			r->hostilities[i].growth_kib);
	fprintf(f, "]}\n");
	if (fclose(f) != 0)
		err(1, "%s", path);
}

int main(int argc, char **argv)
{
	static struct crowd crowd;
	struct result r = {};
	struct bench b;
	int fd;

	if (argc != 3)
		errx(1, "usage: %s DAEMON JSON", argv[0]);
	bench_start(&b, argv[1]);
	fd = bench_connect(&b);
	bench_send_allocate(fd);
	close(bench_receive_allocated(fd));
	close(fd);
	r.rss_idle = bench_rss_anon(&b);
	crowd_new(&b, &crowd);
	r.cycles = measure_rate(&crowd);
	measure_latency(&crowd, &r);
	measure_memory(&b, &crowd, &r);
	crowd_done(&crowd);
	r.n_hostilities = bench_hostile(&b, r.hostilities);
	bench_stop(&b);
	print_table(&r);
	write_json(&r, argv[2]);
	return 0;
}
