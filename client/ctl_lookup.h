/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What people call regions and devices, for verbs that have the broker lend
 * memory: looked up in what it lists. Owns the lists, into which results point.
 */
#pragma once

#include <p2pmem/libp2pmem.h>

#include "client/place.h"

struct lookup {
	struct p2pmem_region *regions;
	struct p2pmem_device *devices;
};

/* Functions return an exit status and have said what was wrong. */
int lookup_fill(struct p2pmem_client *client, struct lookup *ret);
void lookup_clear(struct lookup *l);

int lookup_region(const struct lookup *l, const char *name, const struct p2pmem_region **ret);
int lookup_device(const struct lookup *l, const char *name, struct place *ret);
