/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The model: the PCI functions of a machine, where they hang, what they have
 * and do of ACS, what block devices they serve, and which of them provide P2P
 * memory. Pure: it is filled by scan.h or by a test, and does no I/O.
 *
 * A topology owns its functions and roots. Pointers between them stay valid
 * until the function that they lead to is removed. Pointers from outside are
 * good until the topology is next filled or changed, which is between requests.
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

/* A root bus, which is what the kernel calls a host bridge. */
struct topology_root {
	char *name; /* like pci0000:00 */
	uint32_t domain;
	uint8_t bus;
};

enum topology_acs_state {
	TOPOLOGY_ACS_UNKNOWN, /* configuration space could not be read so far */
	TOPOLOGY_ACS_ABSENT,
	TOPOLOGY_ACS_PRESENT,
};

struct topology_acs {
	enum topology_acs_state state;
	uint16_t capability; /* the registers, with _PRESENT */
	uint16_t control;
};

/* PCI Express device/port types, as in the PCI Express capability. */
#define TOPOLOGY_TYPE_UNKNOWN (-2)
#define TOPOLOGY_TYPE_CONVENTIONAL (-1)
#define TOPOLOGY_TYPE_ROOT_PORT 4
#define TOPOLOGY_TYPE_UPSTREAM 5
#define TOPOLOGY_TYPE_DOWNSTREAM 6

/* Strings are clean UTF-8, or NULL where there is nothing to say. */
struct topology_function {
	struct p2pmem_pci_address address;
	struct topology_root *root;
	struct topology_function *parent; /* the bridge above it; NULL on a root bus */
	char *driver;
	char *serial;
	char *model;
	uint32_t class; /* class, subclass, programming interface */
	uint16_t vendor;
	uint16_t device;
	int type; /* TOPOLOGY_TYPE_*, or another port type */
	struct topology_acs acs;
	bool bridge; /* by its header */
	int numa_node; /* -1: not known */
	bool provider;
	struct topology_block *blocks;
	size_t n_blocks;
};

/* What the kernel's rule for host bridges asks of the machine. */
struct topology_cpu {
	bool known;
	bool amd;
	unsigned int family;
	unsigned int kernel; /* whose rules: ALLOW_LIST_KERNEL(); 0: not known */
};

struct topology {
	struct topology_function **functions; /* by address */
	size_t n_functions;
	struct topology_root **roots; /* by domain and bus */
	size_t n_roots;
	struct topology_cpu cpu;
};

/* NULL when memory is short. */
struct topology_function *topology_function_new(const struct p2pmem_pci_address *address);
struct topology_function *topology_function_free(struct topology_function *f);
void topology_done(struct topology *t);

/* The root bus of that name, which is made where there is none yet. NULL when memory is short. */
struct topology_root *topology_root(struct topology *t, uint32_t domain, uint8_t bus);

/*
 * Adds @f, which is taken over, also on failure, with its root and parent set.
 * -EEXIST: there is one of that address.
 */
int topology_add(struct topology *t, struct topology_function *f);

/* Removes the function of that address, if there is one, with all that is below it. */
void topology_remove(struct topology *t, const struct p2pmem_pci_address *address);

struct topology_function *topology_find(const struct topology *t,
					const struct p2pmem_pci_address *address);

/* Of the functions, the place of the first that has this address or one after it. */
size_t topology_from(const struct topology *t, const struct p2pmem_pci_address *address);

/* The first function on the root bus. NULL: none. */
const struct topology_function *topology_first(const struct topology *t,
					       const struct topology_root *root);

/*
 * The function by which the kernel knows a host bridge: the first one on the
 * root bus, if it is 00.0 or a root port. NULL: none.
 */
const struct topology_function *topology_host_bridge(const struct topology *t,
						     const struct topology_root *root);

/* Does DMA that this product knows how to use: an NVMe controller, or what serves a block device. */
bool topology_is_client(const struct topology_function *f);

/* The lowest function that is above both, or one of them. NULL: none. */
const struct topology_function *topology_common(const struct topology_function *a,
						const struct topology_function *b);

/* Verdicts by the names that the protocol gives them; -EINVAL for others. */
const char *verdict_name(enum p2pmem_verdict v);
int verdict_parse(const char *name, enum p2pmem_verdict *ret);
