/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "daemon/grant.h"

const char *shortage_name(enum shortage_of what)
{
	static const char *const names[] = {
		[SHORT_OF_NOTHING] = "nothing",	       [SHORT_OF_BYTES] = "bytes",
		[SHORT_OF_BUFFERS] = "buffers",	       [SHORT_OF_UID_BYTES] = "uidBytes",
		[SHORT_OF_UID_BUFFERS] = "uidBuffers", [SHORT_OF_LARGEST] = "largest",
		[SHORT_OF_UNRESERVED] = "unreserved",
	};

	return names[what];
}

/* ---- reservations ---------------------------------------------------- */

static bool reserves(const struct policy_rule *rule, const struct object *region)
{
	return rule->limits.reserved.kind != AMOUNT_NONE &&
	       object_names_cover(&rule->regions, region);
}

/* Of several reservations of a tenant in a region, the first one counts. */
static bool is_counted(const struct policy *p, const struct policy_rule *rule,
		       const struct object *region)
{
	for (const struct policy_rule *r = p->rules; r != rule; r++)
		if (reserves(r, region) && strcmp(r->tenant, rule->tenant) == 0)
			return true;
	return false;
}

/* What other tenants have a right to and do not use; it saturates. */
static uint64_t kept_for_others(const struct policy *p, const struct accounts *accounts,
				const char *tenant, const struct object *region, uint64_t size)
{
	uint64_t kept = 0;

	for (size_t i = 0; i < p->n; i++) {
		const struct policy_rule *r = &p->rules[i];
		uint64_t reserved, used;

		if (!reserves(r, region) || strcmp(r->tenant, tenant) == 0 ||
		    is_counted(p, r, region))
			continue;
		reserved = policy_limits_in(r, size).reserved;
		used = accounts_tenant(accounts, &region->address, r->tenant).bytes;
		if (reserved > used && __builtin_add_overflow(kept, reserved - used, &kept))
			return UINT64_MAX;
	}
	return kept;
}

/* ---- grants ---------------------------------------------------------- */

static const struct limits unlimited = {
	.bytes = LIMIT_NONE,
	.buffers = LIMIT_NONE,
	.uid_bytes = LIMIT_NONE,
	.uid_buffers = LIMIT_NONE,
	.largest = LIMIT_NONE,
};

void grant_new(const struct policy *policy, const struct accounts *accounts,
	       const struct policy_rule *rule, const struct peer *who,
	       const struct p2pmem_pci_address *provider, const char *serial,
	       const struct grant_pool *pool, struct grant *ret)
{
	const struct object region = { *provider, serial };
	struct grant g = {
		.rule = rule,
		.tenant = rule ? rule->tenant : GRANT_ROOT_TENANT,
		.rule_name = rule ? rule->name : GRANT_ROOT_RULE,
		.uid = peer_charged_uid(who),
		.provider = *provider,
		.limits = rule ? policy_limits_in(rule, pool->size) : unlimited,
		.free = pool->free,
	};

	if (rule)
		g.kept = kept_for_others(policy, accounts, g.tenant, &region, pool->size);
	*ret = g;
}

/* What may be added without going over. */
static uint64_t left(uint64_t limit, uint64_t used)
{
	return limit == LIMIT_NONE ? LIMIT_NONE : limit > used ? limit - used : 0;
}

#define N_CHECKS 6

/* All that has to hold, in the order in which it is said. */
static void list_checks(const struct grant *g, const struct accounts *accounts, uint64_t bytes,
			struct shortage ret[static N_CHECKS])
{
	const struct usage all = accounts_tenant(accounts, &g->provider, g->tenant);
	const struct usage own = accounts_uid(accounts, &g->provider, g->tenant, g->uid);
	const struct limits *l = &g->limits;
	const struct shortage checks[N_CHECKS] = {
		{ SHORT_OF_LARGEST, l->largest, 0, bytes },
		{ SHORT_OF_BYTES, l->bytes, all.bytes, bytes },
		{ SHORT_OF_UID_BYTES, l->uid_bytes, own.bytes, bytes },
		{ SHORT_OF_BUFFERS, l->buffers, all.buffers, 1 },
		{ SHORT_OF_UID_BUFFERS, l->uid_buffers, own.buffers, 1 },
		/* Without a reservation, the driver says whether there is room. */
		{ SHORT_OF_UNRESERVED, g->kept ? left(g->free, g->kept) : LIMIT_NONE, 0, bytes },
	};

	memcpy(ret, checks, sizeof(checks));
}

bool grant_is_short(const struct grant *g, const struct accounts *accounts, uint64_t bytes,
		    struct shortage *ret)
{
	struct shortage checks[N_CHECKS];

	list_checks(g, accounts, bytes, checks);
	for (size_t i = 0; i < N_CHECKS; i++)
		if (checks[i].asked > left(checks[i].limit, checks[i].used)) {
			*ret = checks[i];
			return true;
		}
	*ret = (struct shortage){ SHORT_OF_NOTHING };
	return false;
}

uint64_t grant_most(const struct grant *g, const struct accounts *accounts)
{
	struct shortage checks[N_CHECKS];
	uint64_t most = LIMIT_NONE;

	list_checks(g, accounts, 0, checks);
	for (size_t i = 0; i < N_CHECKS; i++) {
		uint64_t more = left(checks[i].limit, checks[i].used);

		if (checks[i].what == SHORT_OF_BUFFERS || checks[i].what == SHORT_OF_UID_BUFFERS)
			more = more > 0 ? LIMIT_NONE : 0;
		most = more < most ? more : most;
	}
	return most;
}
