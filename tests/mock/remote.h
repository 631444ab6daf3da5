/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The daemon's end of a mock driver in a process of its own. */
#pragma once

#include "daemon/region.h"

/* Connects to the driver at @path, or exits. */
void remote_driver_init(struct region_driver *d, const char *path);
