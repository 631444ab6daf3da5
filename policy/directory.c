/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <grp.h>
#include <pwd.h>

#include "policy/directory.h"

/* Not found: whatever else getpwnam(3) lists for it is what some service leaves behind. */
static int error_of(int error)
{
	switch (error) {
	case 0:
	case ENOENT:
	case ESRCH:
	case EBADF:
	case EPERM:
		return -ENOENT;
	default:
		return -error;
	}
}

static int find_user(const char *name, uid_t *ret)
{
	const struct passwd *p;

	errno = 0;
	p = getpwnam(name);
	if (!p)
		return error_of(errno);
	*ret = p->pw_uid;
	return 0;
}

static int find_group(const char *name, gid_t *ret)
{
	const struct group *g;

	errno = 0;
	g = getgrnam(name);
	if (!g)
		return error_of(errno);
	*ret = g->gr_gid;
	return 0;
}

const struct policy_directory policy_directory_system = { .user = find_user, .group = find_group };
