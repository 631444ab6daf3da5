/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Who may do what. Pure: it looks at nothing but its arguments. */
#pragma once

#include <stdbool.h>

#include "daemon/peer.h"

struct policy {
	bool has_group;
	gid_t group; /* whose members may be lent memory */
};

/* May be lent memory: root, and the members of the group. */
bool policy_may_allocate(const struct policy *p, const struct peer *who);

/* May see what is lent to @owner: @owner, and root. */
bool policy_may_see(const struct policy *p, const struct peer *who, uid_t owner);
