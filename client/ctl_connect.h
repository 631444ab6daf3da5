/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What p2pmemctl says about a machine on which something is missing. */
#pragma once

#include <p2pmem/libp2pmem.h>

#include "client/machine.h"

/* The machine that this runs on. */
int machine_look_here(struct machine *ret);

/* Connects to ctl_socket_path() without a word. */
int ctl_try_connect(struct p2pmem_client *client);

/* Says that the kernel lacks what is needed, and returns the exit status for it. */
int kernel_problem(const struct machine *m);
