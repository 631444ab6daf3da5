/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the configuration space of a function says of it: whether it is a
 * bridge, which kind of port, and its ACS registers, found as the kernel finds
 * them. Every byte is doubted: what was not captured, may not be read or reads
 * as ones (the function is gone or asleep) is unknown, which is not absent.
 */
#pragma once

#include "topology/topology.h"

#define CONFIG_SIZE 256 /* of a function without extended space */
#define CONFIG_SIZE_EXTENDED 4096

struct config {
	int fd; /* to read on with; -1: there is no more than @bytes */
	size_t size; /* as the kernel knows it, 0: not known */
	size_t n; /* of @bytes */
	uint8_t bytes[CONFIG_SIZE_EXTENDED];
};

/* Sets what @c says of @f, of which the class is set. */
void config_apply(const struct config *c, struct topology_function *f);
