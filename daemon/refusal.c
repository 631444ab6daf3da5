/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdio.h>

#include "common/cleanup.h"
#include "common/json.h"
#include "common/utf8.h"
#include "common/varlink.h"
#include "daemon/refusal.h"

static int not_permitted(struct answer *ret, const char *reason, const char *remedy)
{
	return answer_error_strings(ret, BROKER_INTERFACE ".NotPermitted", "reason", reason,
				    "remedy", remedy);
}

static int refuse_without_policy(const struct broker *b, struct answer *ret)
{
	_cleanup_free_ char *reason = NULL;

	if (asprintf(&reason, "the policy cannot be used (%s), so only root is lent memory",
		     b->policy_problem ?: "no memory to say why") < 0) {
		reason = NULL;
		return -ENOMEM;
	}
	return not_permitted(ret, reason,
			     "Have an administrator correct it (p2pmemctl policy check) and reload "
			     "it (systemctl reload p2pmemd).");
}

/* Of a container, policy looks at the cgroup and the unit alone. */
static int refuse_confined(const struct broker *b, const struct peer *who, struct answer *ret)
{
	_cleanup_free_ char *cgroup = utf8_clean(who->cgroup ?: ""), *reason = NULL;

	if (!cgroup || asprintf(&reason,
				"none of the %zu rules of the policy names the cgroup %s or its "
				"unit, and in a container users and groups are not looked at",
				b->policy.n, *cgroup ? cgroup : "(none)") < 0) {
		reason = NULL;
		return -ENOMEM;
	}
	return not_permitted(
		ret, reason,
		"Have an administrator write a rule with \"cgroup\" for it, and reload "
		"the policy (systemctl reload p2pmemd).");
}

int refuse_peer(const struct broker *b, const struct peer *who, struct answer *ret)
{
	char reason[128];

	if (!b->policy_read && b->policy_problem)
		return refuse_without_policy(b, ret);
	if (who->lost)
		return not_permitted(ret,
				     "the process that made the connection was gone, or cannot be "
				     "seen from here, so it is not known whom to charge",
				     "Connect from the process that asks for memory.");
	if (peer_is_confined(who))
		return refuse_confined(b, who, ret);
	snprintf(reason, sizeof(reason), "none of the %zu rules of the policy names uid %u",
		 b->policy.n, (unsigned int)who->uid);
	return not_permitted(ret, reason,
			     "Have an administrator add the user to a group that a rule names "
			     "(usermod -aG p2pmem USER), and log in again; p2pmemctl policy test "
			     "--as USER says what the rules are looked at for.");
}

int refuse_no_administrator(struct answer *ret)
{
	return not_permitted(ret, "it takes an administrator",
			     "Do it as root, or have a rule of the policy say \"administer\": "
			     "true for you.");
}

static const char *remedy_for(enum shortage_of what)
{
	switch (what) {
	case SHORT_OF_LARGEST:
		return "Ask for less at a time (minSize takes what there is), or have an "
		       "administrator raise \"largest\" in the rule.";
	case SHORT_OF_UNRESERVED:
		return "The rest of the region is reserved for others: ask for less (minSize "
		       "takes what there is), or for another region.";
	default:
		return "Give back buffers that are not in use (p2pmemctl leases), ask for less "
		       "(minSize takes what there is), or have an administrator raise the limit "
		       "in the rule.";
	}
}

int refuse_quota(const struct grant *g, const char *region, const struct shortage *s,
		 struct answer *ret)
{
	_cleanup_json_ struct json_object *p = json_object_new_object();

	if (!p || json_add_string(p, "tenant", g->tenant) < 0 ||
	    json_add_string(p, "rule", g->rule_name) < 0 ||
	    json_add_string(p, "region", region) < 0 ||
	    json_add_string(p, "what", shortage_name(s->what)) < 0 ||
	    json_add_int(p, "limit", (int64_t)s->limit) < 0 ||
	    json_add_int(p, "used", (int64_t)s->used) < 0 ||
	    json_add_int(p, "asked", (int64_t)s->asked) < 0 ||
	    json_add_string(p, "remedy", remedy_for(s->what)) < 0)
		return -ENOMEM;
	return answer_error(ret, BROKER_INTERFACE ".QuotaExceeded", take_ptr(p));
}
