/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Who asks, as policy looks at it. Pure; daemon/peer.h fills it from a socket.
 *
 * In a container that root started, whoever is root in it can take on any uid
 * and gid of this machine, and an image can bring any of them along. So there
 * they say nothing of who it is: uid 0 is not root, rules that name a user or a
 * group do not name it, and memory is charged to a uid of its own. What says
 * who it is are its cgroup and the unit, which it cannot choose. A user's
 * own containers are another matter: in a user namespace below that user's
 * slice, all is the user, by whatever subordinate uid.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "policy/container.h"

/* To whom is charged what containers have that are not a user's, and who is lost: nobody. */
#define PEER_CONFINED_UID 65534

struct peer {
	uid_t uid;
	gid_t gid;
	pid_t pid;
	gid_t *groups; /* supplementary */
	size_t n_groups;
	bool lost; /* the process was gone before its cgroup could be read */
	bool nested; /* in a PID namespace below that of this process */
	bool mapped; /* in a user namespace of its own, so that it cannot take on any uid */
	char *cgroup; /* NULL: not known */
	char *unit; /* the system unit it runs in; NULL: none */
	bool in_user_slice;
	uid_t slice_uid; /* whose slice that is */
	bool in_container;
	struct container container; /* if so */
};

/* Takes in what the path of its cgroup says. -EINVAL: it is no such path; -ENOMEM. */
int peer_set_cgroup(struct peer *p, const char *path);

/* In a container, or what amounts to one, that is not a user's: its uid and gids say nothing. */
bool peer_is_confined(const struct peer *p);

/* Root of this machine, and not of a container. */
bool peer_is_root(const struct peer *p);

bool peer_is_member(const struct peer *p, gid_t group);

/*
 * Whom memory is charged to: below a user's slice that user, whatever
 * subordinate uid the process has and whatever container it claims to be, or it
 * could have a quota for each of them.
 */
uid_t peer_charged_uid(const struct peer *p);

/*
 * Whose connections are counted together: a user's, and of containers that are
 * not a user's each one's, under a number that no login has, so that they cannot
 * keep each other out. Those that may have any number of uids count as one, or
 * they could keep out everybody else.
 */
uid_t peer_crowd(const struct peer *p);

void peer_done(struct peer *p);
