/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* system.policy, user.rights: whom does the policy name, and who asks? */
#include <errno.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/pci.h"
#include "policy/directory.h"
#include "policy/load.h"
#include "client/doctor.h"

#define SEE                                                                          \
	"p2pmemctl policy test --as %u says more; as root, a rule in " POLICY_FOLDER \
	"/policy.d changes it (p2pmem.policy(5))"

/* ---- the rules ----------------------------------------------------------- */

/* 0, -EBADMSG, or -ENOMEM. */
static int load(struct doctor *d, struct policy *ret, struct mistakes *m)
{
	const struct policy_directory *names = d->names ?: &policy_directory_system;
	_cleanup_free_ char *own = NULL, *shipped = NULL;
	const char *folders[3] = {};

	if (asprintf(&own, "%s" POLICY_FOLDER, d->root) < 0)
		own = NULL;
	if (asprintf(&shipped, "%s" POLICY_FOLDER_SHIPPED, d->root) < 0)
		shipped = NULL;
	if (!own || !shipped)
		return -ENOMEM;
	folders[0] = own;
	folders[1] = shipped;
	return policy_load(folders, names, ret, m);
}

static const struct mistake *first_error(const struct mistakes *m)
{
	for (size_t i = 0; i < m->n; i++)
		if (!m->list[i].warning)
			return &m->list[i];
	return NULL;
}

static void say_mistake(struct doctor *d, const struct mistake *mistake)
{
	_cleanup_free_ char *text = mistake ? mistake_text(mistake) : NULL;

	if (!text) {
		d->failed = true;
	} else if (strstr(mistake->what, strerror(EACCES))) {
		doctor_add(d, "system.policy", DOCTOR_UNKNOWN, "the policy may not be read: %s",
			   text);
		doctor_remedy(d, "as root: p2pmemctl policy check");
	} else {
		doctor_add(d, "system.policy", DOCTOR_WARNING,
			   "the policy has a mistake, so the daemon goes by none, or by that of "
			   "before: %s",
			   text);
		doctor_remedy(d,
			      "%s; p2pmemctl policy check shows all of it, and systemctl reload "
			      "p2pmemd reads it anew",
			      mistake->remedy ?: "correct it");
	}
}

static void say_rules(struct doctor *d, size_t n)
{
	if (n > 0) {
		doctor_add(d, "system.policy", DOCTOR_OK, "%zu rule%s without a mistake", n,
			   n == 1 ? "" : "s");
		return;
	}
	doctor_add(d, "system.policy", DOCTOR_WARNING,
		   "the policy has no rule, so only root is lent memory");
	doctor_remedy(d, "make install, or the package with it, brings " POLICY_FOLDER_SHIPPED
			 "/policy.json; see p2pmem.policy(5)");
}

/* ---- who asks ------------------------------------------------------------ */

static int describe_user(const struct doctor_user *u, struct peer *ret)
{
	ret->uid = u->uid;
	ret->gid = u->n_groups ? u->groups[0] : (gid_t)-1;
	ret->n_groups = u->n_groups;
	ret->groups = calloc(u->n_groups + 1, sizeof(*ret->groups));
	if (!ret->groups)
		return -ENOMEM;
	memcpy(ret->groups, u->groups, u->n_groups * sizeof(*ret->groups));
	/* Of one that is strange the daemon makes nothing either. */
	return u->cgroup && peer_set_cgroup(ret, u->cgroup) == -ENOMEM ? -ENOMEM : 0;
}

/* The rule that decides on the first region that there is one for. */
static const struct policy_rule *find_rule(const struct doctor *d, const struct policy *policy,
					   const struct peer *who, const char **ret_region)
{
	for (const struct p2pmem_region *r = d->world->regions; r; r = r->next) {
		struct policy_question q = { .who = who, .region.serial = r->serial };
		const struct policy_rule *rule;

		if (pci_address_parse(r->provider, &q.region.address) < 0)
			continue;
		rule = policy_decide(policy, &q);
		*ret_region = r->name;
		if (rule)
			return rule;
	}
	return NULL;
}

static void say_rights(struct doctor *d, const struct policy *policy, const struct peer *who)
{
	const char *region = NULL;
	const struct policy_rule *rule = find_rule(d, policy, who, &region);

	if (rule) {
		doctor_add(d, "user.rights", DOCTOR_OK,
			   "you may be lent memory of %s, by the policy", region);
	} else if (!policy_names(policy, who)) {
		doctor_add(
			d, "user.rights", DOCTOR_WARNING,
			"you may list and ask, but are lent no memory: no rule of the policy names "
			"you");
		doctor_remedy(d,
			      "to have what the policy as shipped grants, as root: usermod -a -G "
			      "p2pmem USER, then log in again; " SEE,
			      d->user->uid);
	} else if (region) {
		doctor_add(d, "user.rights", DOCTOR_WARNING,
			   "the policy names you, but grants you memory of no region there is");
		doctor_remedy(d, SEE, d->user->uid);
	} else {
		doctor_add(d, "user.rights", DOCTOR_OK, "the policy names you");
	}
}

static void check_rights(struct doctor *d, const struct policy *policy)
{
	_cleanup_(peer_done) struct peer who = {};

	if (describe_user(d->user, &who) < 0)
		d->failed = true;
	else
		say_rights(d, policy, &who);
}

static void check_policy(struct doctor *d)
{
	_cleanup_(mistakes_done) struct mistakes mistakes = {};
	_cleanup_(policy_done) struct policy policy = {};
	int r = load(d, &policy, &mistakes);

	if (r == -ENOMEM) {
		d->failed = true;
		return;
	}
	if (r < 0)
		say_mistake(d, first_error(&mistakes));
	else
		say_rules(d, policy.n);
	if (d->user->uid == 0) {
		doctor_add(d, "user.rights", DOCTOR_OK, "root may be lent memory");
	} else if (r == 0) {
		check_rights(d, &policy);
	} else {
		doctor_add(d, "user.rights", DOCTOR_UNKNOWN,
			   "whom the policy names cannot be told");
		doctor_remedy(d, "as root: p2pmemctl policy test --as %u", d->user->uid);
	}
}

void doctor_rights(struct doctor *d)
{
	if (!d->user)
		return;
	if (!doctor_in_container(d)) {
		check_policy(d);
		return;
	}
	/* Groups and users have names of their own here, and the policy is not to be seen. */
	doctor_add(
		d, "user.rights", DOCTOR_INFO,
		"this is a container: what you may be lent says the host's policy, by numbers of "
		"user and groups and by the container's cgroup");
	doctor_remedy(d, "on the host: p2pmemctl policy test --as USER --cgroup PATH");
}
