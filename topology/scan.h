/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Fills the topology from sysfs. */
#pragma once

#include "topology/sysfs.h"
#include "topology/topology.h"

/* A machine without PCI has an empty topology. */
int topology_scan(const struct sysfs *s, struct topology *ret);

/* What the pool of a provider holds and has left, in bytes, at this moment. */
int topology_pool(const struct sysfs *s, const struct p2pmem_pci_address *provider,
		  uint64_t *ret_size, uint64_t *ret_free);
