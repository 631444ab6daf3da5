/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The driver's regions as sysfs shows them, for whoever has no other way to
 * ask: their numbers, providers, and what of them is in buffers.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <linux/p2pmem.h>

#include "topology/sysfs.h"

/*
 * Without the driver there are none. @ret_complete: what is said of buffers is
 * all there is to say. -ENOMEM.
 */
int topology_regions(const struct sysfs *s, struct p2pmem_region_info **ret, size_t *ret_n,
		     bool *ret_complete);
