/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * All there is to know about a machine: what it shows by itself, and what its
 * broker says. Of a captured machine there is no broker to ask.
 */
#pragma once

#include <p2pmem/libp2pmem.h>

#include "client/machine.h"

struct world {
	struct machine machine;
	struct p2pmem_client *client; /* NULL: a captured machine */
	int connect_error; /* 0: there is a daemon */
	int ask_error; /* 0: it has answered */
	struct p2pmem_broker_info *broker;
	struct p2pmem_region *regions;
	struct p2pmem_device *devices;
	struct p2pmem_lease *leases;
	struct p2pmem_pair *pairs; /* without a daemon, as sysfs and the kernel's rules have them */
};

/* This machine. Pairs, which can be many, only with @pairs. -ENOMEM. */
int world_look(bool pairs, struct world *ret);

/* A captured one: see machine_look(). */
int world_look_at(const char *root, const char *sysfs, struct world *ret);
void world_clear(struct world *w);

/* Has nothing that could be a region, and the daemon sees none either. */
bool world_is_without_hardware(const struct world *w);

/* The daemon has a region of the driver, so that one works, whatever else is seen of it. */
bool world_uses_driver(const struct world *w);
