/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Owns the event loop and everything that hangs on it: the listening socket,
 * the sessions, the device monitor, the signals, the watchdog.
 */
#pragma once

#include <stdbool.h>

#include "daemon/allowance.h"
#include "daemon/region.h"
#include "daemon/state.h"

/* What the daemon stands on; tests put other things there. */
struct world {
	const struct region_driver *driver;
	const char *sysfs;
	const char *const *policy; /* folders that it is read from, ended by NULL */
	bool udev; /* udev tells of changes in that sysfs */
	bool still; /* nothing changes in it */
	const struct allowance *allowance; /* NULL: the usual one */
};

/* Serves @listen_fd until it is told to stop. Takes @state and @listen_fd over. */
int manager_run(const struct world *world, struct state *state, int listen_fd);
