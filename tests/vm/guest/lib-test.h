/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the tests of libp2pmem share: where they run, and how they say what is not so. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include <p2pmem/libp2pmem.h>

struct place {
	const char *socket;
	const char *device; /* in reach of a region */
	const char *far; /* not so */
	bool real; /* there is a driver, and the devices can be read */
};

/* A handle that is connected; without one, the program ends. */
struct p2pmem_client *connect_client(const struct place *p);

/* P2P memory that @device reaches, mapped; without any, the program ends. */
struct p2pmem_buffer *borrow(struct p2pmem_client *c, const struct place *p, size_t size,
			     char **ret_memory);

/* Ends the buffer's lease, now or after @grace_usec. */
bool end_lease(struct p2pmem_client *c, const struct p2pmem_buffer *b, unsigned long grace_usec);

/* Bytes that are free in the region of @b. */
unsigned long long free_bytes(struct p2pmem_client *c, const struct p2pmem_buffer *b);

#define check(condition) check_at(condition, #condition, __FILE__, __LINE__)
bool check_at(bool condition, const char *what, const char *file, int line);

void test_served(const struct place *p);
void test_numbers(const struct place *p);
void test_policy(const struct place *p);
void test_monitor(const struct place *p);
void test_monitor_cancelled(const struct place *p);
void test_buffer(const struct place *p);
void test_handed_over(const struct place *p);
void test_far(const struct place *p);
void test_notice_and_revocation(const struct place *p);
void test_survival(const struct place *p);
void test_given_back(const struct place *p);
void test_detached_under_transfers(const struct place *p);
void test_revoked_under_transfers(const struct place *p);
