/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The NVMe controller of a function and the block devices that it serves. */
#pragma once

#include "topology/sysfs.h"
#include "topology/topology.h"

/* @dir is the folder of @f. What is missing is left out. */
int namespaces_read(const struct sysfs *s, int dir, struct topology_function *f);
