/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What people call devices and regions on a command line, found in the lists
 * of the broker or of a tree, or else on this machine. In this order: a PCI
 * address, a number (259:4), a region's name, the kernel's name of a block
 * device, a drive's serial number, a path. So no serial number, which is the
 * drive's own word, gets in the way of another name.
 *
 * What cannot be found has been said when these return other than STATUS_OK.
 */
#pragma once

#include <p2pmem/libp2pmem.h>

#include "client/place.h"
#include "topology/sysfs.h"

struct names {
	const struct p2pmem_region *regions;
	const struct p2pmem_device *devices;
	const struct sysfs *tree; /* where the lists come from, if not from this machine */
};

int names_device(const struct names *n, const char *name, struct place *ret);
int names_region(const struct names *n, const char *name, const struct p2pmem_region **ret);
