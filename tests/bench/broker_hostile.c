/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One hostile client of each kind in a process of its own, while another asks
 * one thing after the other, and how long that has to wait at worst.
 */
#include <err.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/bench/broker.h"

#define MS 1000000ULL
#define DURATION (1000 * MS)

#define DESCRIBE                                                                      \
	"{\"method\":\"org.varlink.service.GetInterfaceDescription\",\"parameters\":" \
	"{\"interface\":\"io.p2pmem.Broker\"}}"

/* Sends until the end, over new connections as the old ones are closed; reads nothing. */
static void pour(const struct bench *b, const char *data, size_t n)
{
	for (;;) {
		int fd = bench_connect(b);

		while (send(fd, data, n, MSG_NOSIGNAL) >= 0)
			;
		close(fd);
	}
}

static void never_reads(const struct bench *b)
{
	pour(b, DESCRIBE, sizeof(DESCRIBE));
}

static void lists(const struct bench *b)
{
	static const char list[] = "{\"method\":\"io.p2pmem.Broker.ListPairs\",\"more\":true}";

	pour(b, list, sizeof(list));
}

/* The form of 64 KiB that takes the most memory to hold. */
static void sends_large(const struct bench *b)
{
	static const char begin[] = "{\"method\":\"a.B\",\"parameters\":{\"x\":[{}";
	static char data[60000];
	size_t n = strlen(begin);

	memcpy(data, begin, n);
	for (; n + 8 < sizeof(data); n += 3)
		memcpy(data + n, ",{}", 3);
	memcpy(data + n, "]}}", 4);
	pour(b, data, n + 4);
}

static void sends_rubbish(const struct bench *b)
{
	static char data[60000];

	memset(data, '{', sizeof(data) - 1);
	pour(b, data, sizeof(data));
}

static void connects(const struct bench *b)
{
	for (;;)
		close(bench_connect(b));
}

static void keeps_connections(const struct bench *b)
{
	for (;;) {
		int fd = bench_connect(b);

		if (send(fd, "{", 1, MSG_NOSIGNAL) < 0)
			close(fd);
		if (fd > 1200)
			pause();
	}
}

static void hoards(const struct bench *b)
{
	for (unsigned int i = 0;; i++) {
		bench_send_allocate(bench_connect(b));
		if (i > 1000)
			pause();
	}
}

static const struct {
	const char *name;
	void (*run)(const struct bench *b);
} kinds[] = {
	{ "never reads", never_reads },
	{ "lists pairs and does not read", lists },
	{ "sends the largest of messages", sends_large },
	{ "sends rubbish", sends_rubbish },
	{ "connects and goes", connects },
	{ "keeps 1,200 half messages", keeps_connections },
	{ "leaves 1,000 buffers unread", hoards },
};

static uint64_t worst_of(const struct bench *b)
{
	static const char call[] = "{\"method\":\"org.varlink.service.GetInfo\"}";
	uint64_t start = bench_now(), worst = 0;
	int fd = bench_connect(b);
	char data[4096];

	while (bench_now() - start < DURATION) {
		uint64_t sent = bench_now(), took;

		if (send(fd, call, sizeof(call), MSG_NOSIGNAL) < 0 ||
		    recv(fd, data, sizeof(data), 0) <= 0)
			errx(1, "cut off");
		took = bench_now() - sent;
		worst = took > worst ? took : worst;
	}
	close(fd);
	return worst;
}

static void suffer(const struct bench *b, size_t kind, struct hostility *ret)
{
	unsigned long before = bench_rss_anon(b);
	pid_t pid = fork();

	if (pid == 0) {
		kinds[kind].run(b);
		_exit(0);
	}
	ret->name = kinds[kind].name;
	ret->worst_ms = (double)worst_of(b) / (double)MS;
	ret->growth_kib = (long)bench_rss_anon(b) - (long)before;
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

size_t bench_hostile(const struct bench *b, struct hostility ret[static HOSTILITIES_MAX])
{
	size_t n = sizeof(kinds) / sizeof(kinds[0]);

	for (size_t i = 0; i < n; i++)
		suffer(b, i, &ret[i]);
	return n;
}
