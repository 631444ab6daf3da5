/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * From the number of a block device to the PCI functions that do its DMA, by
 * sysfs; the device is not opened. So far NVMe namespaces, their partitions,
 * and multipath heads with all their paths.
 */
#pragma once

#include "topology/sysfs.h"
#include <stddef.h>
#include <linux/p2pmem.h>

enum {
	BLOCK_OK = 0,
	BLOCK_REFUSED = 1, /* a layer that does not pass P2P pages, or is not known to */
};

struct block_target {
	char *name; /* kernel name of the device that was asked for */
	struct p2pmem_pci_address *functions; /* no fewer than one with BLOCK_OK */
	size_t n_functions;
	char *layer; /* with BLOCK_REFUSED: which, like "device-mapper" */
};

/* BLOCK_*; -ENODEV: there is no such block device. */
int block_resolve(const struct sysfs *s, unsigned int major, unsigned int minor,
		  struct block_target *ret);
void block_target_done(struct block_target *t);
