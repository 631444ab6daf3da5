/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/policy.h"

static bool is_member(const struct peer *who, gid_t group)
{
	if (who->gid == group)
		return true;
	for (size_t i = 0; i < who->n_groups; i++)
		if (who->groups[i] == group)
			return true;
	return false;
}

bool policy_may_allocate(const struct policy *p, const struct peer *who)
{
	return who->uid == 0 || (p->has_group && is_member(who, p->group));
}

bool policy_may_see(const struct policy *p, const struct peer *who, uid_t owner)
{
	return who->uid == 0 || who->uid == owner;
}
