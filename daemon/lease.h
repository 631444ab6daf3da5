/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What is lent to whom. The kernel is the source of truth: a lease lives as
 * long as the driver lists its buffer, and the registry is brought in line
 * with that list whenever it is looked at.
 */
#pragma once

#include <stdint.h>
#include <sys/types.h>

#include "daemon/quota.h"
#include "topology/topology.h"

struct lease {
	uint8_t cookie[P2PMEM_COOKIE_SIZE];
	uint64_t buffer;
	char *tenant; /* whom it is charged to */
	uid_t uid; /* within that: charged */
	char *rule; /* that granted it */
	struct charge charge;
	char *name; /* the tenant's word for it, or NULL */
	unsigned int region;
	struct p2pmem_pci_address provider;
	uint64_t size;
	struct p2pmem_pci_address *devices;
	size_t n_devices;
	enum p2pmem_verdict verdict;
	uint64_t since; /* CLOCK_MONOTONIC, microseconds */
	enum p2pmem_state state;
};

struct leases {
	struct lease *list; /* in the order they were lent */
	size_t n;
	uint64_t strangers_seen; /* number of the last buffer that was logged as unknown */
};

void lease_done(struct lease *l);
void leases_done(struct leases *ls);

/* Takes @l over, also on failure. */
int leases_add(struct leases *ls, struct lease *l);

/*
 * Drops leases whose buffer is not listed, and notes the state of the others.
 * @buffers is in ascending order of their numbers, as the driver lists them.
 */
void leases_refresh(struct leases *ls, const struct p2pmem_buffer_info *buffers, size_t n);

#define LEASE_ID_MAX (2 * P2PMEM_COOKIE_SIZE + 1)
char *lease_id(const struct lease *l, char buf[static LEASE_ID_MAX]);
