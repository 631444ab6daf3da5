/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "policy/cgroup.h"
#include "policy/cgroup_name.h"

#define USER_SLICE "user.slice"
#define PATH_MAX_BYTES 4096

bool cgroup_path_valid(const char *path)
{
	if (*path != '/' || strlen(path) > PATH_MAX_BYTES)
		return false;
	if (!path[1])
		return true;
	if (strstr(path, "//") || path[strlen(path) - 1] == '/')
		return false;
	/* Seen from another cgroup namespace, a path leads up. */
	for (struct name c = first_name(path); c.n > 0; c = next_name(c))
		if (name_is(c, ".") || name_is(c, ".."))
			return false;
	return true;
}

bool name_is_unit(struct name c)
{
	static const char *const suffixes[] = { ".service", ".scope", ".socket", ".mount",
						".swap" };

	for (size_t i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++)
		if (ends_in(c, suffixes[i]))
			return true;
	return false;
}

/* The service manager puts units into slices, and what is below a unit is the unit's own affair. */
char *cgroup_system_unit(const char *path, bool *ret_oom)
{
	struct name c = first_name(path);
	char *unit;

	*ret_oom = false;
	if (name_is(c, USER_SLICE))
		return NULL;
	while (ends_in(c, ".slice"))
		c = next_name(c);
	if (!name_is_unit(c))
		return NULL;
	/* How it writes names that the kernel has for files of its own. */
	if (*c.at == '_') {
		c.at++;
		c.n--;
	}
	unit = strndup(c.at, c.n);
	*ret_oom = !unit;
	return unit;
}

/* user-UID.slice, as the login manager writes it. */
static bool uid_of_slice(struct name c, uid_t *ret)
{
	static const char prefix[] = "user-";
	uint64_t uid = 0;
	size_t i = strlen(prefix);

	if (!ends_in(c, ".slice") || c.n < i || memcmp(c.at, prefix, i) != 0)
		return false;
	c.n -= strlen(".slice");
	if (c.n == i || (c.at[i] == '0' && c.n > i + 1) || c.n > i + 10)
		return false;
	for (; i < c.n; i++) {
		if (c.at[i] < '0' || c.at[i] > '9')
			return false;
		uid = uid * 10 + (uint64_t)(c.at[i] - '0');
	}
	/* The largest one is none. */
	if (uid >= UINT32_MAX)
		return false;
	*ret = (uid_t)uid;
	return true;
}

bool cgroup_user_slice(const char *path, uid_t *ret)
{
	struct name c = first_name(path);

	return name_is(c, USER_SLICE) && uid_of_slice(next_name(c), ret);
}

/* ---- patterns -------------------------------------------------------- */

static bool matches_name(struct name pattern, struct name c)
{
	const char *p = pattern.at, *p_end = p + pattern.n, *s = c.at, *s_end = s + c.n;
	const char *star = NULL, *resume = NULL;

	/* The last `*` takes one more character whenever what follows it does not fit. */
	while (s < s_end) {
		if (p < p_end && *p == '*') {
			star = ++p;
			resume = s;
		} else if (p < p_end && *p == *s) {
			p++;
			s++;
		} else if (star) {
			p = star;
			s = ++resume;
		} else {
			return false;
		}
	}
	while (p < p_end && *p == '*')
		p++;
	return p == p_end;
}

bool cgroup_matches(const char *pattern, const char *path)
{
	struct name p = first_name(pattern), c = first_name(path);

	if (name_is(c, USER_SLICE) && !name_is(p, USER_SLICE))
		return false;
	for (; p.n > 0; p = next_name(p), c = next_name(c))
		if (c.n == 0 || !matches_name(p, c))
			return false;
	return true;
}

/* Below user.slice, one name may follow. */
static bool is_too_deep(const char *pattern)
{
	struct name c = first_name(pattern);

	return name_is(c, USER_SLICE) && next_name(next_name(c)).n > 0;
}

const char *cgroup_pattern_problem(const char *pattern)
{
	if (*pattern != '/')
		return "does not begin with /, the root of the hierarchy";
	if (!pattern[1])
		return "stands for everybody";
	if (!cgroup_path_valid(pattern))
		return "has an empty name, '.' or '..' in it, or is too long";
	if (is_too_deep(pattern))
		return "goes below the slice of a user, where users make cgroups of any name";
	return NULL;
}
