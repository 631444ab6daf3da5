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

struct allocation {
	struct broker *broker;
	const struct peer *who;
	struct request request;
	struct view view;
	struct p2pmem_pci_address *devices; /* each once */
	size_t n_devices;
	struct candidate *candidates;
	size_t n_candidates;
	struct json_object *refusals;
	struct answer *answer;
};

/* Once an answer is made: ALLOCATION_STOP, or @r if that failed. */
static inline int allocation_stop(int r)
{
	return r < 0 ? r : ALLOCATION_STOP;
}

/* From what the request names to PCI functions, through layers that all pass P2P pages. */
int allocation_resolve_devices(struct allocation *a);

/* The regions that all devices reach, best first; no fewer than one. */
int allocation_find_candidates(struct allocation *a);
