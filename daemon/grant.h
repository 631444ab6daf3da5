/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What policy grants a peer in one region, in figures, and how much of it is
 * left. Pure.
 */
#pragma once

#include "daemon/quota.h"
#include "policy/policy.h"

struct grant {
	const struct policy_rule *rule; /* NULL: uid 0, whom no rule binds */
	const char *tenant; /* points into the rule, or to a constant */
	const char *rule_name; /* likewise */
	uid_t uid; /* charged */
	struct p2pmem_pci_address provider;
	struct limits limits;
	uint64_t free; /* of the region */
	uint64_t kept; /* of the free part, for other tenants */
};

/* The tenant of uid 0, and what stands where the name of a rule does; no rule can have that one. */
#define GRANT_ROOT_TENANT "uid:0"
#define GRANT_ROOT_RULE "(root)"

struct grant_pool {
	uint64_t size;
	uint64_t free;
};

/* @rule as policy_decide() found it; NULL: @who is unlimited. */
void grant_new(const struct policy *policy, const struct accounts *accounts,
	       const struct policy_rule *rule, const struct peer *who,
	       const struct p2pmem_pci_address *provider, const char *serial,
	       const struct grant_pool *pool, struct grant *ret);

/* What there may not be more of. */
enum shortage_of {
	SHORT_OF_NOTHING,
	SHORT_OF_BYTES,
	SHORT_OF_BUFFERS,
	SHORT_OF_UID_BYTES,
	SHORT_OF_UID_BUFFERS,
	SHORT_OF_LARGEST, /* one lease would be larger than any may be */
	SHORT_OF_UNRESERVED, /* what is free is kept for others */
};

struct shortage {
	enum shortage_of what;
	uint64_t limit;
	uint64_t used;
	uint64_t asked;
};

/* "bytes", "buffers", ... as the protocol has it. */
const char *shortage_name(enum shortage_of what);

/* Is one more buffer of @bytes too much? @ret says of what, or SHORT_OF_NOTHING. */
bool grant_is_short(const struct grant *g, const struct accounts *accounts, uint64_t bytes,
		    struct shortage *ret);

/* The most bytes that one more buffer may have; 0: none. */
uint64_t grant_most(const struct grant *g, const struct accounts *accounts);
