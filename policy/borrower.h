/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Who asked for a lease, in the terms of this machine and not of a container:
 * to be shown, and to know it again. What it may have is policy's, from
 * struct peer. Pure.
 */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include "policy/peer.h"

struct borrower {
	bool known; /* records of earlier versions do not say */
	uid_t uid;
	bool confined; /* the uid said nothing, see policy/peer.h */
	char *unit; /* the system unit it ran in, or NULL */
	char container[CONTAINER_ID_MAX]; /* empty: none */
	const char *runtime; /* with it: a constant */
	char *claimed_by; /* who says that it is that container, like user:1000; NULL: root */
};

/* What may be shown of @who. -ENOMEM. */
int borrower_set(struct borrower *b, const struct peer *who);
void borrower_done(struct borrower *b);

/*
 * Is what was lent to @b the peer's own, if it is charged to the same uid? From
 * outside, a user sees what its containers have; from inside a container,
 * there is nothing but that container's.
 */
bool borrower_is(const struct borrower *b, const struct peer *who);
