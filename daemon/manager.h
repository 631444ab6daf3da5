/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Owns the event loop and everything that hangs on it: the listening socket,
 * the sessions, the device monitor, the signals, the watchdog.
 */
#pragma once

#include "daemon/policy.h"
#include "daemon/region.h"

/* What the daemon stands on; tests put other things there. */
struct world {
	const struct region_driver *driver;
	const char *sysfs;
	const char *group; /* whose members may be lent memory: a name or a number */
	bool udev; /* udev tells of changes in that sysfs */
};

/* Serves @listen_fd, which is taken over, until it is told to stop. */
int manager_run(const struct world *world, const struct policy *policy, int listen_fd);
