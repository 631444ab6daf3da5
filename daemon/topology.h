/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The model: PCI functions, where they hang, what block devices they serve,
 * which of them provide P2P memory; and how a region is chosen. Pure: it is
 * filled by topology_sysfs or by a test, and does no I/O.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <linux/p2pmem.h>

struct topology_block {
	char *name;
	unsigned int major;
	unsigned int minor;
	uint64_t size; /* bytes */
	uint32_t logical_block_size;
};

/* Strings are clean UTF-8, or NULL where there is nothing to say. */
struct topology_function {
	struct p2pmem_pci_address address;
	/* The bridges above it, from the root port down, and itself at the end. */
	struct p2pmem_pci_address *path;
	size_t n_path;
	char *root; /* name of its root bus, like pci0000:00 */
	char *driver;
	char *serial;
	char *model;
	uint32_t class; /* class, subclass, programming interface */
	uint16_t vendor;
	uint16_t device;
	int numa_node; /* -1: not known */
	bool provider;
	struct topology_block *blocks;
	size_t n_blocks;
};

struct topology {
	struct topology_function *functions;
	size_t n_functions;
};

void topology_function_done(struct topology_function *f);
void topology_done(struct topology *t);

const struct topology_function *topology_find(const struct topology *t,
					      const struct p2pmem_pci_address *address);

/* Does DMA that this product knows how to use: an NVMe controller, or what serves a block device. */
bool topology_is_client(const struct topology_function *f);

/* The last bridge that the paths share; for one function with itself, that. NULL: none. */
const struct p2pmem_pci_address *topology_common_bridge(const struct topology_function *a,
							const struct topology_function *b);

/* Verdicts by the names that the protocol gives them; -EINVAL for others. */
const char *verdict_name(enum p2pmem_verdict v);
int verdict_parse(const char *name, enum p2pmem_verdict *ret);

/* A region in question, with what is known of it and all the devices together. */
struct candidate {
	const struct p2pmem_region_info *region;
	enum p2pmem_verdict verdict; /* the worst of its pairs */
	unsigned int distance; /* the sum of them */
	uint64_t free;
};

/* Best first: the lowest distance, then the most room, then the lowest number. */
void candidates_sort(struct candidate *c, size_t n);
