/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What is lent to whom, in memory: leases in the order they were lent, found
 * by cookie in constant time. Cookies are random and nobody else's choice, so
 * they need no hashing. No I/O: who keeps the records and follows the driver
 * is in recovery.c and follow.c.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "daemon/quota.h"
#include "policy/borrower.h"
#include "topology/topology.h"

/*
 * Functions that a lease is checked for. A request names fewer devices, but one
 * that is made of many drives stands for all of them. Records of that many fit
 * into a file of the state directory.
 */
#define LEASE_DEVICES_MAX 1024

struct lease {
	struct lease *next; /* lent after it */
	struct lease *previous;
	struct lease *chained; /* in the index */
	uint64_t number; /* grows along the list, and is never used twice */

	uint8_t cookie[P2PMEM_COOKIE_SIZE];
	uint64_t buffer;
	char *tenant; /* whom it is charged to */
	uid_t uid; /* within that: charged */
	char *rule; /* that granted it */
	struct charge charge;
	char *name; /* the tenant's word for it, or NULL */
	struct borrower borrower;
	unsigned int region;
	struct p2pmem_pci_address provider;
	uint64_t size;
	struct p2pmem_pci_address *devices;
	size_t n_devices;
	enum p2pmem_verdict verdict;
	uint64_t since; /* CLOCK_BOOTTIME, microseconds */
	uint64_t revoke_at; /* likewise; 0: nobody has asked for its end */
	enum p2pmem_state state;
};

struct leases {
	struct lease *first;
	struct lease *last;
	uint64_t last_number;
	size_t n;
	struct lease **buckets; /* a power of two of them */
	size_t n_buckets;
};

struct lease *lease_free(struct lease *l);
void lease_freep(struct lease **l);

void leases_done(struct leases *ls);

/* Takes @l over, unless memory is short (-ENOMEM) or the cookie is there already (-EEXIST). */
int leases_add(struct leases *ls, struct lease *l);

/* NULL: there is none. */
struct lease *leases_find(const struct leases *ls, const uint8_t cookie[static P2PMEM_COOKIE_SIZE]);

/* Takes it out; it is the caller's then. */
struct lease *leases_take(struct leases *ls, struct lease *l);

/* Takes it out and frees it. */
void leases_remove(struct leases *ls, struct lease *l);

/* The lease's buffer among @n in ascending order of their numbers, or NULL. */
const struct p2pmem_buffer_info *lease_buffer(const struct lease *l,
					      const struct p2pmem_buffer_info *buffers, size_t n);

/* A state only ever advances; what is told late does not turn it back. */
void lease_advance(struct lease *l, uint32_t state);

#define LEASE_ID_MAX (2 * P2PMEM_COOKIE_SIZE + 1)
char *lease_id(const struct lease *l, char buf[static LEASE_ID_MAX]);

/* The other way: false if @id is not to the letter what lease_id() writes. */
bool lease_id_parse(const char *id, uint8_t ret[static P2PMEM_COOKIE_SIZE]);
