/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Topologies made by hand, in a few words. */
#pragma once

#include <errno.h>

#include "common/cleanup.h"
#include "common/pci.h"
#include "topology/topology.h"
#include "tests/unit/unit.h"

#define TYPE_ENDPOINT 0

static inline struct p2pmem_pci_address model_address(const char *text)
{
	struct p2pmem_pci_address a;

	assert_int_equal(pci_address_parse(text, &a), 0);
	return a;
}

/* Below @parent, or on the root bus of its own bus number. Its ACS is known to be absent. */
static inline struct topology_function *model_add(struct topology *t, const char *address, int type,
						  struct topology_function *parent)
{
	struct p2pmem_pci_address a = model_address(address);
	struct topology_function *f = topology_function_new(&a);

	assert_non_null(f);
	f->type = type;
	f->bridge = type != TYPE_ENDPOINT;
	f->vendor = 0x1234;
	f->device = 0x5678;
	f->acs.state = TOPOLOGY_ACS_ABSENT;
	f->parent = parent;
	f->root = parent ? parent->root : topology_root(t, a.domain, a.bus);
	assert_non_null(f->root);
	assert_int_equal(topology_add(t, f), 0);
	return f;
}

/* The function 00.0 by which the kernel knows the host bridge of a root bus. */
static inline struct topology_function *model_host_bridge(struct topology *t, const char *address,
							  uint16_t vendor, uint16_t device)
{
	struct topology_function *f = model_add(t, address, TYPE_ENDPOINT, NULL);

	f->type = TOPOLOGY_TYPE_CONVENTIONAL;
	f->vendor = vendor;
	f->device = device;
	return f;
}

static inline void model_acs(struct topology_function *f, uint16_t control)
{
	f->acs = (struct topology_acs){ TOPOLOGY_ACS_PRESENT, 0x7f, control };
}

static inline void model_acs_unknown(struct topology_function *f)
{
	f->acs = (struct topology_acs){ .state = TOPOLOGY_ACS_UNKNOWN };
}
