/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The way between a provider and a client, hop by hop, and the verdict that
 * the kernel's rules give on it. Pure.
 *
 * Hops are those of P2PMEM_CONTROL_QUERY, in its order and with its flags, so
 * that what the driver said and what was read from sysfs are judged and
 * explained by the same code.
 */
#pragma once

#include "topology/topology.h"

/* In the flags of a hop from sysfs: its ACS could not be read. The driver never sets it. */
#define PATH_HOP_ACS_UNKNOWN (1U << 31)

struct path {
	struct p2pmem_hop *hops;
	size_t n_hops;
};

struct verdict {
	enum p2pmem_verdict verdict;
	int distance; /* as the kernel counts it; -1 where it refuses, or it is not known */
};

/* Finds the way in the model. -ENOMEM. */
int path_find(const struct topology *t, const struct topology_function *provider,
	      const struct topology_function *client, struct path *ret);
void path_done(struct path *p);

/* By the kernel's rules; `unknown` where they ask for something that could not be read. */
void path_judge(const struct path *p, const struct topology_cpu *cpu, struct verdict *ret);
