/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * From a block device to the PCI functions that do its DMA, down through
 * everything it is built of: partitions, NVMe multipath with all paths, md with
 * all members, device-mapper, and stacks of these. By sysfs; no device is
 * opened, and no file behind one.
 *
 * What cannot be read is a layer in doubt, and one that is not understood does
 * not pass P2P pages: nothing below a device is ever left out in silence.
 */
#pragma once

#include <stddef.h>
#include <linux/p2pmem.h>

#include "topology/layer.h"
#include "topology/sysfs.h"

struct block_target {
	struct layer *layers; /* from the top down, each once; the first is the device itself */
	size_t n_layers;
	struct p2pmem_pci_address *functions; /* each once */
	size_t n_functions;
};

/*
 * Finds the layers, with what is known of each without asking (layer_known()).
 * -ENODEV: there is no such block device.
 */
int block_resolve(const struct sysfs *s, unsigned int major, unsigned int minor,
		  const char *release, struct block_target *ret);
void block_target_done(struct block_target *t);

/*
 * The number of a block device by a name it has in the tree: the kernel's
 * (nvme0n1p1, md127, dm-0), or the one the device mapper gives it. -ENODEV:
 * there is none. -ENOTUNIQ: several have it.
 */
int block_find(const struct sysfs *s, const char *name, unsigned int *ret_major,
	       unsigned int *ret_minor);

/*
 * Lets @ask say, for each layer that is the running kernel's matter, whether
 * its queue takes P2P pages: 1, 0, or -1 if that cannot be told after all,
 * which makes it unknown.
 */
void block_ask(struct block_target *t,
	       int (*ask)(unsigned int major, unsigned int minor, void *userdata), void *userdata);

/*
 * The layer to blame when P2P pages do not get through, or may not; NULL if
 * they do, and then there is no fewer than one function.
 */
const struct layer *block_refusal(const struct block_target *t);
