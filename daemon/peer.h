/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Who is at the other end of a socket, as the kernel recorded it when it connected. */
#pragma once

#include <stddef.h>
#include <sys/types.h>

struct peer {
	uid_t uid;
	gid_t gid;
	pid_t pid;
	gid_t *groups; /* supplementary */
	size_t n_groups;
};

int peer_read(int fd, struct peer *ret);
void peer_done(struct peer *p);
