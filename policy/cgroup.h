/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the path of a cgroup says, and patterns of such paths. Pure.
 *
 * Below user.slice/user-UID.slice, users make cgroups of any name. So nothing
 * is a system unit there, no `*` stands for user.slice, and no pattern goes
 * deeper than the user's slice.
 */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

/* A path from the root of the hierarchy, in its plain form. */
bool cgroup_path_valid(const char *path);

/* The system unit that the cgroup belongs to, to be freed; NULL: none (or no memory, with @ret_oom). */
char *cgroup_system_unit(const char *path, bool *ret_oom);

/* Is it in the slice of a user? */
bool cgroup_user_slice(const char *path, uid_t *ret);

/*
 * A pattern stands for the cgroups whose path it is and all below them; `*`
 * stands for any part of one name. NULL: it is one; else what is wrong with it.
 */
const char *cgroup_pattern_problem(const char *pattern);
bool cgroup_matches(const char *pattern, const char *path);
