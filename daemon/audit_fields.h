/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The fields of entries: what stands in a peer, a lease, a refusal. */
#pragma once

#include <stdbool.h>

#include "daemon/answer.h"
#include "daemon/entry.h"
#include "daemon/lease.h"
#include "policy/peer.h"

/* NULL: nobody. */
void audit_add_peer(struct entry *e, const struct peer *who);

void audit_add_lease(struct entry *e, const struct lease *l);

/* Points into the answer. */
struct audit_refusal {
	const char *error; /* the last word of its name */
	struct json_object *parameters;
	char reason[512]; /* "": none is given */
};

/* False: @a is no refusal. */
bool audit_refusal_of(const struct answer *a, struct audit_refusal *ret);

void audit_add_refusal(struct entry *e, const char *method, const struct audit_refusal *r);

/* What stands behind the last dot. */
const char *audit_last_word(const char *name);
