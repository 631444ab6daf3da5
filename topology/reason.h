/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Words for a verdict and for what can be done about it. Pure. */
#pragma once

#include "topology/topology.h"

struct reason {
	char why[256];
	const char *remedy; /* NULL: nothing to remedy */
};

/*
 * Of @provider and @client, both found in the topology, with the verdict that
 * the driver gave.
 */
void reason_for_pair(const struct topology_function *provider,
		     const struct topology_function *client, enum p2pmem_verdict verdict,
		     struct reason *ret);

/* What to say when the path is fine and the tenant wanted a better one. */
void reason_below_minimum(enum p2pmem_verdict verdict, enum p2pmem_verdict minimum,
			  struct reason *ret);

/* Why requests with pages of devices do not pass @layer of a block device. */
void reason_for_layer(const char *layer, struct reason *ret);
