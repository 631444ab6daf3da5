/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Somebody who is described, as the daemon would see him. */
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>

#include "common/array.h"
#include "common/cleanup.h"
#include "client/ctl_policy.h"
#include "client/say.h"

static bool number_parse(const char *s, uint32_t *ret)
{
	uint64_t n = 0;

	if (!*s || strlen(s) > 10 || s[strspn(s, "0123456789")])
		return false;
	for (; *s; s++)
		n = n * 10 + (uint64_t)(*s - '0');
	*ret = (uint32_t)n;
	return n < UINT32_MAX;
}

/* Groups of the user, the primary one included. */
static int add_groups_of(const struct passwd *pw, struct peer *p)
{
	int n = 64;
	gid_t *groups;

	for (;;) {
		groups = reallocarray(NULL, (size_t)n, sizeof(*groups));
		if (!groups)
			return -ENOMEM;
		if (getgrouplist(pw->pw_name, pw->pw_gid, groups, &n) >= 0)
			break;
		free(groups);
	}
	/* Copied, so that others can be pushed behind them. */
	for (int i = 0; i < n; i++)
		if (array_push(p->groups, p->n_groups, groups[i]) < 0) {
			free(groups);
			return -ENOMEM;
		}
	free(groups);
	return 0;
}

static int resolve_user(const char *user, struct peer *p)
{
	uint32_t uid;
	bool is_number = number_parse(user, &uid);
	const struct passwd *pw = is_number ? getpwuid(uid) : getpwnam(user);

	if (!pw && !is_number) {
		problem("there is no user '%s'", user);
		remedy("name one that there is, or give a number");
		return STATUS_USAGE;
	}
	/* A number without a name, as in a user namespace, is in no group but those that are given. */
	p->uid = pw ? pw->pw_uid : uid;
	p->gid = pw ? pw->pw_gid : (gid_t)-1;
	return pw && add_groups_of(pw, p) < 0 ? no_memory() : STATUS_OK;
}

static int add_group(const char *name, struct peer *p)
{
	uint32_t gid;
	const struct group *g;

	if (!number_parse(name, &gid)) {
		g = getgrnam(name);
		if (!g) {
			problem("there is no group '%s'", name);
			remedy("name one that there is, or give a number");
			return STATUS_USAGE;
		}
		gid = g->gr_gid;
	}
	return array_push(p->groups, p->n_groups, gid) < 0 ? no_memory() : STATUS_OK;
}

static int add_cgroup(const char *path, struct peer *p)
{
	int r = peer_set_cgroup(p, path);

	if (r == -ENOMEM)
		return no_memory();
	/* A container of a user's without a user namespace is none that one asks for. */
	p->mapped = p->in_user_slice;
	if (r == 0)
		return STATUS_OK;
	problem("'%s' is no path of a cgroup", path);
	remedy("write it as /proc/PID/cgroup does behind '0::', like /system.slice/backup.service");
	return STATUS_USAGE;
}

int policy_subject_resolve(const struct policy_subject *s, struct peer *ret)
{
	_cleanup_(peer_done) struct peer p = {};
	int status = resolve_user(s->user, &p);

	for (size_t i = 0; status == STATUS_OK && i < s->n_groups; i++)
		status = add_group(s->groups[i], &p);
	if (status == STATUS_OK && s->cgroup)
		status = add_cgroup(s->cgroup, &p);
	if (status != STATUS_OK)
		return status;
	*ret = p;
	p = (struct peer){};
	return STATUS_OK;
}
