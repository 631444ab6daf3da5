/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Buffers: what they are, how they come to an end, and what survives that. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/vm/guest/lib-test.h"

#define SIZE (256 << 10)
/* Long enough not to be over before the test is. */
#define LONG_USEC (3600UL * 1000000)

void test_buffer(const struct place *p)
{
	struct p2pmem_info info = { .struct_size = sizeof(info) };
	struct p2pmem_client *c = connect_client(p);
	char *memory;
	struct p2pmem_buffer *b = borrow(c, p, SIZE, &memory);
	const struct p2pmem_lease *lease = p2pmem_buffer_lease(b);

	p2pmem_client_free(c);
	check(p2pmem_buffer_kind(b) == P2PMEM_KIND_PEER_TO_PEER);
	check(!p2pmem_buffer_fallback_reason(b) && !p2pmem_buffer_fallback_error(b));
	check(p2pmem_buffer_size(b) == SIZE && lease->size == SIZE);
	check(memory[0] == 0 && memory[SIZE - 1] == 0);
	memory[SIZE - 1] = 1;
	check(p2pmem_buffer_wait(b, P2PMEM_STATE_LIVE, 0) == P2PMEM_STATE_LIVE);
	if (p->real) {
		check(p2pmem_buffer_get_info(b, &info) == 0);
		check(info.id > 0 && info.size == SIZE && info.state == P2PMEM_STATE_LIVE);
		check(info.kind == P2PMEM_KIND_PEER_TO_PEER && info.pinned == 0);
		check(strcmp(info.region, lease->region) == 0);
		check(strcmp(info.provider, lease->provider) == 0);
	} else {
		check(p2pmem_buffer_get_info(b, &info) == -ENOTTY);
	}
	p2pmem_buffer_free(b);
}

static bool are_there_huge_pages(void)
{
	FILE *f = fopen("/proc/meminfo", "re");
	unsigned long n = 0;
	char line[128];

	while (f && fgets(line, sizeof(line), f) && sscanf(line, "HugePages_Free: %lu", &n) != 1)
		;
	if (f)
		fclose(f);
	return n > 0;
}

void test_far(const struct place *p)
{
	bool huge = are_there_huge_pages();
	struct p2pmem_client *c = connect_client(p);
	struct p2pmem_allocate_options o = {
		.struct_size = sizeof(o),
		.size = SIZE,
		.devices = &p->far,
		.n_devices = 1,
	};
	struct p2pmem_buffer *b;
	void *memory;
	int fd;

	check(p2pmem_allocate(c, &o, &b) == -EREMOTEIO);
	check(p2pmem_error_refusals(c) != NULL);
	o.fallback = P2PMEM_FALLBACK_HUGE;
	if (!check(p2pmem_allocate(c, &o, &b) == 0))
		return;
	check(p2pmem_error_refusals(c) && p2pmem_error_refusals(c)->reason);
	check(p2pmem_buffer_kind(b) == (huge ? P2PMEM_KIND_HOST_HUGE : P2PMEM_KIND_HOST));
	check(p2pmem_buffer_fallback_error(b) == -EREMOTEIO);
	check(p2pmem_buffer_map(b, &memory) == 0);
	if (p->real) {
		fd = open(p->far, O_RDONLY | O_DIRECT | O_CLOEXEC);
		check(pread(fd, memory, SIZE, 0) == SIZE);
		close(fd);
	}
	p2pmem_buffer_free(b);
	p2pmem_client_free(c);
}

void test_handed_over(const struct place *p)
{
	struct p2pmem_info here = { .struct_size = sizeof(here) }, there = here;
	struct p2pmem_client *c = connect_client(p);
	char *memory;
	void *again;
	struct p2pmem_buffer *b = borrow(c, p, SIZE, &memory), *other;
	char path[64];
	int node;

	check(p2pmem_buffer_from_fd(dup(p2pmem_buffer_fd(b)), &other) == 0);
	check(p2pmem_buffer_kind(other) == P2PMEM_KIND_PEER_TO_PEER);
	check(p2pmem_buffer_size(other) == SIZE && !p2pmem_buffer_lease(other));
	check(p2pmem_buffer_get_info(b, &here) == 0 && p2pmem_buffer_get_info(other, &there) == 0);
	check(here.id == there.id);
	check(p2pmem_buffer_map(other, &again) == 0);
	strcpy(memory, "the same");
	check(strcmp(again, "the same") == 0);
	p2pmem_buffer_free(b);
	/* It lives on with whoever has it, and cannot be had for less than both ways. */
	check(strcmp(again, "the same") == 0);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", p2pmem_buffer_fd(other));
	node = open(path, O_RDONLY | O_CLOEXEC);
	check(p2pmem_buffer_from_fd(node, &b) == -EACCES);
	close(node);
	p2pmem_buffer_free(other);
	p2pmem_client_free(c);
}

/* ---- ends ------------------------------------------------------------ */

static int state_of(const struct p2pmem_buffer *b)
{
	struct p2pmem_info info = { .struct_size = sizeof(info) };
	int r = p2pmem_buffer_get_info(b, &info);

	return r < 0 ? r : (int)info.state;
}

void test_notice_and_revocation(const struct place *p)
{
	struct p2pmem_client *c = connect_client(p);
	char *memory;
	struct p2pmem_buffer *b = borrow(c, p, SIZE, &memory);
	struct pollfd in_a_loop = { .fd = p2pmem_buffer_fd(b), .events = POLLPRI };

	check(poll(&in_a_loop, 1, 0) == 0);
	check(end_lease(c, b, LONG_USEC));
	check(p2pmem_buffer_wait(b, P2PMEM_STATE_LIVE, -1) == P2PMEM_STATE_NOTICE);
	check(poll(&in_a_loop, 1, 0) == 1 && in_a_loop.revents == POLLPRI);
	check(state_of(b) == P2PMEM_STATE_NOTICE);
	check(p2pmem_buffer_wait(b, P2PMEM_STATE_NOTICE, 0) == P2PMEM_STATE_NOTICE);
	memory[0] = 1;
	check(end_lease(c, b, 0));
	check(p2pmem_buffer_wait(b, P2PMEM_STATE_NOTICE, -1) == P2PMEM_STATE_REVOKED);
	in_a_loop.events = 0;
	check(poll(&in_a_loop, 1, 0) == 1 && (in_a_loop.revents & POLLHUP));
	check(state_of(b) == P2PMEM_STATE_REVOKED);
	p2pmem_buffer_free(b);
	p2pmem_client_free(c);
}

static struct p2pmem_buffer *taken_away;
static atomic_uint faults;

static void on_fault(int number)
{
	atomic_fetch_add(&faults, 1);
	if (p2pmem_buffer_detach(taken_away) < 0)
		_exit(3);
}

void test_survival(const struct place *p)
{
	struct sigaction sa = { .sa_handler = on_fault }, before;
	struct p2pmem_client *c = connect_client(p);
	volatile char *memory;
	struct p2pmem_buffer *b = borrow(c, p, SIZE, (char **)&memory);

	taken_away = b;
	atomic_store(&faults, 0);
	sigaction(SIGBUS, &sa, &before);
	memory[5000] = 'x';
	check(end_lease(c, b, 0));
	memory[5000] = 'y';
	check(atomic_load(&faults) == 1);
	check(memory[5000] == 'y' && memory[5001] == 0);
	check(p2pmem_buffer_kind(b) == P2PMEM_KIND_HOST);
	check(p2pmem_buffer_fallback_error(b) == -EKEYREVOKED);
	sigaction(SIGBUS, &before, NULL);
	p2pmem_buffer_free(b);
	p2pmem_client_free(c);
}

void test_given_back(const struct place *p)
{
	struct p2pmem_client *c = connect_client(p);
	char *memory;
	struct p2pmem_buffer *b = borrow(c, p, SIZE, &memory);
	unsigned long long while_held = free_bytes(c, b);

	memory[0] = 'x';
	check(end_lease(c, b, LONG_USEC));
	check(p2pmem_buffer_wait(b, P2PMEM_STATE_LIVE, -1) == P2PMEM_STATE_NOTICE);
	check(p2pmem_buffer_detach(b) == 0);
	check(free_bytes(c, b) == while_held + SIZE);
	check(memory[0] == 0);
	check(p2pmem_buffer_wait(b, P2PMEM_STATE_LIVE, -1) == -ECANCELED);
	p2pmem_buffer_free(b);
	p2pmem_client_free(c);
}

/* ---- transfers meanwhile --------------------------------------------- */

struct reader {
	struct p2pmem_buffer *buffer;
	char *memory;
	int fd;
	atomic_bool stop;
	atomic_uint rounds;
	atomic_int error; /* the first one */
};

/*
 * What the buffer was taken from under is EFAULT, and works once it is detached.
 * A read that this cuts short is followed by one that fails, or by a whole one.
 */
static void read_on(struct reader *r)
{
	ssize_t n = pread(r->fd, r->memory, SIZE, 0);

	if (n > 0 && n < SIZE)
		n = pread(r->fd, r->memory, SIZE, 0);
	if (n == SIZE) {
		atomic_fetch_add(&r->rounds, 1);
		return;
	}
	if (!atomic_load(&r->error))
		atomic_store(&r->error, n < 0 ? errno : EIO);
	if (p2pmem_buffer_detach(r->buffer) < 0)
		atomic_store(&r->stop, true);
}

static void *read_much(void *data)
{
	struct reader *r = data;

	while (!atomic_load(&r->stop))
		read_on(r);
	return NULL;
}

static void await_rounds(struct reader *r, unsigned int n)
{
	unsigned int until = atomic_load(&r->rounds) + n;

	while (!atomic_load(&r->stop) && (int)(atomic_load(&r->rounds) - until) < 0)
		sched_yield();
}

static bool is_on_the_device(struct reader *r)
{
	char *other = aligned_alloc(4096, SIZE);
	bool same = other && pread(r->fd, other, SIZE, 0) == SIZE &&
		    memcmp(other, r->memory, SIZE) == 0;

	free(other);
	return same;
}

/* Ends the P2P memory of a buffer that is being read into. The error that reading had, or 0. */
static int end_meanwhile(const struct place *p, bool by_revocation)
{
	struct p2pmem_client *c = connect_client(p);
	struct reader r = { .fd = open(p->device, O_RDONLY | O_DIRECT | O_CLOEXEC) };
	pthread_t thread;

	r.buffer = borrow(c, p, SIZE, &r.memory);
	pthread_create(&thread, NULL, read_much, &r);
	await_rounds(&r, 3);
	if (by_revocation)
		check(end_lease(c, r.buffer, 0));
	else
		check(p2pmem_buffer_detach(r.buffer) == 0);
	await_rounds(&r, 3);
	check(!atomic_load(&r.stop));
	atomic_store(&r.stop, true);
	pthread_join(thread, NULL);
	check(p2pmem_buffer_kind(r.buffer) == P2PMEM_KIND_HOST);
	check(is_on_the_device(&r));
	p2pmem_buffer_free(r.buffer);
	p2pmem_client_free(c);
	close(r.fd);
	return atomic_load(&r.error);
}

void test_detached_under_transfers(const struct place *p)
{
	check(end_meanwhile(p, false) == 0);
}

void test_revoked_under_transfers(const struct place *p)
{
	check(end_meanwhile(p, true) == EFAULT);
}
