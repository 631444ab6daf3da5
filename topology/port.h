/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The type of a port by the services that the kernel runs on it, which anybody
 * may see, while the capability that has it may be read by root alone.
 */
#pragma once

#include "topology/topology.h"

/* @dir is the folder of @f, a bridge whose type is not known and may not be after. */
int port_read_type(int dir, struct topology_function *f);
