/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Reading one PCI function from sysfs, and putting it where it belongs. For
 * scan.c and update.c alone.
 *
 * The tree may change while it is read. A function is taken only if it was
 * there from the first to the last look, and only below the bridges that its
 * path names: whatever does not fit is left out.
 */
#pragma once

#include <limits.h>

#include "topology/sysfs.h"
#include "topology/topology.h"

/* More than these are no machine: -E2BIG. */
#define FUNCTIONS_MAX 65536

struct source {
	const struct sysfs *sysfs;
	int devices; /* descriptor of bus/pci/devices */
};

/* -ENOENT: without PCI. */
int source_open(const struct sysfs *s, struct source *ret);
void source_done(struct source *s);

/* The folder of the function, which may be gone when it is looked at. -ENOENT, -ENODEV: none. */
int function_locate(const struct source *s, const struct p2pmem_pci_address *address,
		    char path[static PATH_MAX]);

/* All but root and parent. -ENOENT: it is not there, -EAGAIN: it went or changed. */
int function_read(const struct source *s, const char *path, struct topology_function **ret);

/*
 * Adds the function at @path and before it the bridges above it, where they
 * are not there yet. -ENODEV: it is not there, or not there as the path says.
 */
int function_add(const struct source *s, struct topology *t, const char *path);
