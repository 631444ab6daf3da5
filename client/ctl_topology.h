/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The PCI tree, for people. */
#pragma once

#include <stdbool.h>
#include <p2pmem/libp2pmem.h>

struct topology_lists {
	struct p2pmem_host_bridge *bridges;
	struct p2pmem_function *functions;
	struct p2pmem_region *regions;
};

/*
 * The tree on standard output; @all: also what leads neither to a region nor to
 * a device that could use one. An exit status.
 */
int print_topology(const struct topology_lists *l, bool all);
