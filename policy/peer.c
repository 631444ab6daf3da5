/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy/cgroup.h"
#include "policy/peer.h"

int peer_set_cgroup(struct peer *p, const char *path)
{
	bool out_of_memory;

	if (!cgroup_path_valid(path))
		return -EINVAL;
	p->cgroup = strdup(path);
	if (!p->cgroup)
		return -ENOMEM;
	p->unit = cgroup_system_unit(path, &out_of_memory);
	if (out_of_memory)
		return -ENOMEM;
	p->in_user_slice = cgroup_user_slice(path, &p->slice_uid);
	p->in_container = container_find(path, &p->container);
	return 0;
}

/* Root's slice is no user's: whom root puts there, by su or as a container, is not root. */
static bool is_a_users(const struct peer *p)
{
	return p->in_user_slice && p->slice_uid != 0;
}

bool peer_is_confined(const struct peer *p)
{
	return (p->in_container || p->nested) && !(is_a_users(p) && p->mapped);
}

bool peer_is_root(const struct peer *p)
{
	return p->uid == 0 && !p->lost && !p->in_container && !p->nested;
}

bool peer_is_member(const struct peer *p, gid_t group)
{
	if (p->gid == group)
		return true;
	for (size_t i = 0; i < p->n_groups; i++)
		if (p->groups[i] == group)
			return true;
	return false;
}

uid_t peer_charged_uid(const struct peer *p)
{
	/* Nothing ever is; but what it is refused is counted under that. */
	if (p->lost)
		return PEER_CONFINED_UID;
	/* Also as a container, which takes no more than a cgroup called like one. */
	if (is_a_users(p) && !peer_is_root(p))
		return p->slice_uid;
	return peer_is_confined(p) ? PEER_CONFINED_UID : p->uid;
}

/* Nothing is known but a uid, which in containers and user namespaces is one of many. */
#define LOST_CROWD ((uid_t) - 1)

static bool has_id_of_its_own(const struct peer *p)
{
	return peer_is_confined(p) && p->in_container && !p->container.in_unit;
}

/* One of many uids, and who has them all is not known. */
static bool has_any_uid(const struct peer *p)
{
	return p->mapped && !is_a_users(p) && !peer_is_root(p);
}

uid_t peer_crowd(const struct peer *p)
{
	char digits[9];

	if (p->lost)
		return LOST_CROWD;
	if (!has_id_of_its_own(p))
		return has_any_uid(p) ? PEER_CONFINED_UID : peer_charged_uid(p);
	/* Ids are random, and here nobody's own choice. */
	snprintf(digits, sizeof(digits), "%.8s", p->container.id);
	return (uid_t)strtoul(digits, NULL, 16) | 1U << 31;
}

void peer_done(struct peer *p)
{
	free(p->groups);
	free(p->cgroup);
	free(p->unit);
	*p = (struct peer){};
}
