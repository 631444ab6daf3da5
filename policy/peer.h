/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Who asks, as policy looks at it. Pure; daemon/identity.h fills it from a socket. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct peer {
	uid_t uid;
	gid_t gid;
	pid_t pid;
	gid_t *groups; /* supplementary */
	size_t n_groups;
	bool lost; /* the process was gone before its cgroup could be read */
	char *cgroup; /* NULL: not known */
	char *unit; /* the system unit it runs in; NULL: none */
	bool in_user_slice;
	uid_t slice_uid; /* whose slice that is */
};

/* Takes in what the path of its cgroup says. -EINVAL: it is no such path; -ENOMEM. */
int peer_set_cgroup(struct peer *p, const char *path);

bool peer_is_member(const struct peer *p, gid_t group);

/*
 * Whom memory is charged to: below a user's slice that user, whatever
 * subordinate uid the process has, or it could have a quota for each of them.
 */
uid_t peer_charged_uid(const struct peer *p);

void peer_done(struct peer *p);
