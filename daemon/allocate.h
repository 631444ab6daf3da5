/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Allocate in the making. Its steps return 0 to go on, ALLOCATION_STOP when
 * the answer is settled, or -errno.
 */
#pragma once

#include "daemon/candidate.h"
#include "daemon/request.h"
#include "daemon/view.h"

#define ALLOCATION_STOP 1

/* Of a region: it was refused, with the reason in the list of them. */
#define ALLOCATION_REFUSED 2

struct allocation {
	struct broker *broker;
	const struct peer *who;
	struct request request;
	struct view view;
	struct p2pmem_pci_address *devices; /* each once */
	size_t n_devices;
	struct object *objects; /* the devices as rules name them */
	struct candidate *candidates;
	size_t n_candidates;
	struct lease *lease; /* in the making */
	const struct candidate *recorded; /* what its record says; NULL: there is none */
	int denied; /* why a region's node cannot be opened; 0: all can */
	struct json_object *refusals;
	struct answer *answer;
};

/* Once an answer is made: ALLOCATION_STOP, or @r if that failed. */
static inline int allocation_stop(int r)
{
	return r < 0 ? r : ALLOCATION_STOP;
}

/* Is there any rule for the peer? */
int allocation_check_peer(struct allocation *a);

/* From what the request names to PCI functions, through layers that all pass P2P pages. */
int allocation_resolve_devices(struct allocation *a);

/* The regions that all devices reach, best first; no fewer than one. */
int allocation_find_candidates(struct allocation *a);

/* Fills a->objects. */
int allocation_name_devices(struct allocation *a);

/* Asks policy for a region that all devices reach. 0 with @c->grant, or ALLOCATION_REFUSED. */
int allocation_grant(struct allocation *a, const struct topology_function *provider,
		     const struct grant_pool *pool, struct candidate *c);

/* How much the candidates may be asked for; that one of them is large enough. */
int allocation_check_quota(struct allocation *a);

/* The lengths to try, from the longest that is allowed to the shortest that is asked for. */
uint64_t allocation_first_length(const struct allocation *a);
uint64_t allocation_next_length(const struct allocation *a, uint64_t length);
