/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The folders in sysfs that say how much of a region is free, kept open: to
 * find one takes longer than to read it. They go with the first device that
 * changes; one whose device has gone cannot be read any more.
 */
#pragma once

#include <stddef.h>

#include "topology/scan.h"

struct pool {
	struct p2pmem_pci_address provider;
	int dir;
};

struct pools {
	struct pool *list;
	size_t n;
};

void pools_clear(struct pools *p);

/* As topology_pool(). */
int pools_read(struct pools *p, const struct sysfs *s, const struct p2pmem_pci_address *provider,
	       uint64_t *ret_size, uint64_t *ret_free);
