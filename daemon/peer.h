/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Who is at the other end of a socket: user and groups as the kernel recorded
 * them when it connected, and the cgroup of the process that did, and whether
 * that is in a PID namespace of its own. Nothing that a peer says is asked for.
 */
#pragma once

#include "policy/peer.h"

int peer_read(int fd, struct peer *ret);
