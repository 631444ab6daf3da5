/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdlib.h>
#include <string.h>

#include "policy/cgroup.h"
#include "policy/policy.h"

const char *who_kind_name(enum who_kind kind)
{
	static const char *const names[] = {
		[WHO_USER] = "user",
		[WHO_GROUP] = "group",
		[WHO_UNIT] = "unit",
		[WHO_CGROUP] = "cgroup",
	};

	return names[kind];
}

void policy_rule_done(struct policy_rule *r)
{
	free(r->name);
	free(r->file);
	free(r->who.name);
	free(r->tenant);
	object_names_done(&r->regions);
	object_names_done(&r->devices);
	*r = (struct policy_rule){};
}

void policy_done(struct policy *p)
{
	for (size_t i = 0; i < p->n; i++)
		policy_rule_done(&p->rules[i]);
	free(p->rules);
	*p = (struct policy){};
}

struct limits policy_limits_in(const struct policy_rule *rule, uint64_t region_size)
{
	const struct policy_limits *l = &rule->limits;

	return (struct limits){
		.bytes = amount_of(&l->bytes, region_size, LIMIT_NONE),
		.buffers = l->buffers,
		.uid_bytes = amount_of(&l->uid_bytes, region_size, LIMIT_NONE),
		.uid_buffers = l->uid_buffers,
		.largest = amount_of(&l->largest, region_size, LIMIT_NONE),
		.reserved = amount_of(&l->reserved, region_size, 0),
	};
}

/* A process that cannot be told where it belongs is nobody that a rule names. */
static bool names(const struct policy_who *w, const struct peer *who)
{
	if (who->lost)
		return false;
	switch (w->kind) {
	case WHO_USER:
		return w->known && who->uid == w->id && !peer_is_confined(who);
	case WHO_GROUP:
		return w->known && peer_is_member(who, w->id) && !peer_is_confined(who);
	case WHO_UNIT:
		return who->unit && strcmp(who->unit, w->name) == 0;
	default:
		return who->cgroup && cgroup_matches(w->name, who->cgroup);
	}
}

static bool names_nobody(const struct policy_who *w)
{
	return (w->kind == WHO_USER || w->kind == WHO_GROUP) && !w->known;
}

enum policy_step policy_try(const struct policy_rule *rule, const struct policy_question *q)
{
	if (names_nobody(&rule->who))
		return RULE_NAMES_NOBODY;
	if (!names(&rule->who, q->who))
		return RULE_NAMES_OTHERS;
	if (!object_names_cover(&rule->regions, &q->region))
		return RULE_OTHER_REGION;
	for (size_t i = 0; i < q->n_devices; i++)
		if (!object_names_cover(&rule->devices, &q->devices[i]))
			return RULE_OTHER_DEVICE;
	return RULE_DECIDES;
}

const struct policy_rule *policy_decide(const struct policy *p, const struct policy_question *q)
{
	for (size_t i = 0; i < p->n; i++)
		if (policy_try(&p->rules[i], q) == RULE_DECIDES)
			return &p->rules[i];
	return NULL;
}

bool policy_is_unlimited(const struct peer *who)
{
	return peer_is_root(who);
}

bool policy_names(const struct policy *p, const struct peer *who)
{
	for (size_t i = 0; i < p->n; i++)
		if (p->rules[i].regions.n > 0 && names(&p->rules[i].who, who))
			return true;
	return false;
}

bool policy_may_administer(const struct policy *p, const struct peer *who)
{
	for (size_t i = 0; i < p->n; i++)
		if (p->rules[i].administer && names(&p->rules[i].who, who))
			return true;
	return peer_is_root(who);
}

bool policy_may_see(const struct policy *p, const struct peer *who, uid_t owner,
		    const struct borrower *borrower)
{
	return (!who->lost && peer_charged_uid(who) == owner && borrower_is(borrower, who)) ||
	       policy_may_administer(p, who);
}
