/* SPDX-License-Identifier: GPL-2.0-only */
/* The way between two PCI functions, as struct p2pmem_query shows it. */
#ifndef P2PMEM_PATH_H
#define P2PMEM_PATH_H

#include "p2pmem.h"

/**
 * struct p2pmem_path - every hop of a pair
 * @hops: the provider's side up to the host bridge, then what only the client
 *        has above it
 * @count: how many
 */
struct p2pmem_path {
	struct p2pmem_hop *hops;
	unsigned int count;
};

int p2pmem_path_find(struct p2pmem_path *path, struct pci_dev *provider,
		     struct pci_dev *client);
void p2pmem_path_free(struct p2pmem_path *path);
bool p2pmem_path_turns(const struct p2pmem_path *path);

#endif
