/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Fills the topology from sysfs and keeps it up to date. What is read is not
 * trusted: it may change meanwhile, or be a copy that a stranger made.
 */
#pragma once

#include "topology/sysfs.h"
#include "topology/topology.h"

/*
 * All of it. A machine without PCI has an empty topology. -E2BIG: there is
 * more than any machine has. Other -errno: something is short.
 */
int topology_scan(const struct sysfs *s, struct topology *ret);

/* More changed than can be followed: topology_scan() is to be called. */
#define TOPOLOGY_STALE 1

/*
 * Brings @t up to date after an event of the device at @path, in sysfs, like
 * /devices/pci0000:00/0000:00:01.0. What became of it is looked up, so that
 * events may be early, late or repeated; only what they touch is read: the
 * function, the bridges above it that are not known yet, and the paths of a
 * multipath head. What is gone goes with all that was below it.
 * 0, TOPOLOGY_STALE or -errno, after which @t holds together, and may be behind.
 */
int topology_update(const struct sysfs *s, struct topology *t, const char *path);

/* What the pool of a provider holds and has left, in bytes, at this moment. */
int topology_pool(const struct sysfs *s, const struct p2pmem_pci_address *provider,
		  uint64_t *ret_size, uint64_t *ret_free);

/* The same in two steps, for who asks again and again: its folder, which the caller closes. */
int topology_pool_open(const struct sysfs *s, const struct p2pmem_pci_address *provider);
int topology_pool_read(const struct sysfs *s, int dir, uint64_t *ret_size, uint64_t *ret_free);
