/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Who may have how much of which memory for which devices. Pure: names of
 * users and groups were resolved when the policy was read.
 *
 * Nothing is granted but by a rule, and uid 0 needs none. The first rule that
 * names the peer and covers region and devices decides; later ones add nothing
 * to it. What it grants is charged to the tenant that it names.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <linux/p2pmem.h>

#include "policy/borrower.h"
#include "policy/limits.h"
#include "policy/object.h"
#include "policy/peer.h"

enum who_kind {
	WHO_USER,
	WHO_GROUP,
	WHO_UNIT,
	WHO_CGROUP,
	WHO_MAX,
};

/* "user", "group", "unit", "cgroup" */
const char *who_kind_name(enum who_kind kind);

struct policy_who {
	enum who_kind kind;
	char *name; /* as it is written; a pattern for a cgroup */
	bool known; /* of users and groups: there is one, with this number */
	uint32_t id;
};

struct policy_limits {
	struct amount bytes;
	struct amount uid_bytes;
	struct amount largest;
	struct amount reserved;
	uint64_t buffers; /* LIMIT_NONE: no limit */
	uint64_t uid_buffers;
};

struct policy_rule {
	char *name;
	char *file;
	unsigned int line;
	struct policy_who who;
	char *tenant; /* like "group:p2pmem", "uid:1000" */
	struct object_names regions;
	struct object_names devices;
	enum p2pmem_verdict min_verdict;
	struct policy_limits limits;
	bool administer;
};

struct policy {
	struct policy_rule *rules; /* in their order */
	size_t n;
};

void policy_rule_done(struct policy_rule *r);
void policy_done(struct policy *p);

/* What the limits of a rule come to in a region of that size. */
struct limits policy_limits_in(const struct policy_rule *rule, uint64_t region_size);

/* ---- decisions ------------------------------------------------------- */

struct policy_question {
	const struct peer *who;
	struct object region;
	const struct object *devices;
	size_t n_devices;
};

/* Whether a rule decides, or why it is passed over. */
enum policy_step {
	RULE_DECIDES,
	RULE_NAMES_OTHERS,
	RULE_NAMES_NOBODY, /* a user or group that there is not */
	RULE_OTHER_REGION,
	RULE_OTHER_DEVICE,
};

enum policy_step policy_try(const struct policy_rule *rule, const struct policy_question *q);

/* The rule that decides; NULL: none. */
const struct policy_rule *policy_decide(const struct policy *p, const struct policy_question *q);

/* Does any rule name the peer, which may have memory then? Without limits: uid 0. */
bool policy_names(const struct policy *p, const struct peer *who);
bool policy_is_unlimited(const struct peer *who);

/* May see and end what is not its own, drain regions, and reload. */
bool policy_may_administer(const struct policy *p, const struct peer *who);

/* May see and end what is charged to @owner and was lent to @borrower. */
bool policy_may_see(const struct policy *p, const struct peer *who, uid_t owner,
		    const struct borrower *borrower);
