/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Finds out why the driver cannot be reached. */
#pragma once

#include "topology/reason.h"
#include "topology/sysfs.h"

/* @error: what a request came back with. Looks at sysfs and at the kernel's configuration. -ENOMEM. */
int diagnose_driver(const struct sysfs *s, int error, struct reason *ret);
