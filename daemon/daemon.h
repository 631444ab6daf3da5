/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The command line of p2pmemd. Apart from main(), so that tests can run it on another world. */
#pragma once

#include "daemon/manager.h"

/* Returns the exit status. */
int daemon_main(int argc, char **argv, const struct world *world);
