/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the files about drains share; others go by drain.h. */
#pragma once

#include "daemon/drain.h"
#include "daemon/waiter.h"

/* What is in use of a region. */
struct rest {
	int64_t buffers;
	int64_t bytes;
};

struct drain {
	struct drain *next;
	struct p2pmem_pci_address provider;
	uint64_t revoke_at; /* CLOCK_BOOTTIME, microseconds; 0: it was empty since */
	uint64_t again_at; /* likewise: looked at then, whatever happens; 0: no need */
	bool noticed; /* those who held buffers when it began were told */
	bool due; /* the time to revoke has come */
	bool touched; /* look at it */
	struct rest told; /* to whoever waits */
	struct waiter *waiters;
};

/* NULL: nobody has drained it. */
struct drain *drain_find(const struct broker *b, const struct p2pmem_pci_address *provider);
int drain_add(struct broker *b, const struct p2pmem_pci_address *provider, struct drain **ret);

/* Ends and frees it. Nobody waits for it any more. */
void drain_take_out(struct broker *b, struct drain *d);

/* Puts it on record as it is. */
int drain_save(struct broker *b, const struct drain *d);

/* Does what is to be done now. -errno: the driver could not, and is asked again in a while. */
int drain_step(struct broker *b, struct drain *d, struct rest *ret);

/* ---- whoever waits --------------------------------------------------- */

int drain_describe(const struct drain *d, const struct rest *rest, struct answer *ret);
void drain_wait(struct drain *d, struct answer *a);

/* How far it is, if that is news; those who wait hear no more once it is empty. */
void drain_tell(struct drain *d, const struct rest *rest);
void drain_tell_undrained(struct drain *d);
