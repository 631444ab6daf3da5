/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The list of leases, in parts for the same reason as that of pairs. Between
 * two parts leases may end: what is told is each one that lives through all of
 * it, and no lease twice.
 */
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>

#include "daemon/broker.h"
#include "daemon/describe_lease.h"
#include "daemon/follow.h"

#define LEASES_MAX 512U /* in one part */

struct told {
	struct answer_rest rest;
	const struct peer *who; /* of the session, with which this ends */
	uint64_t up_to; /* the number of the last lease that was told */
};

static void told_done(struct answer_rest *rest)
{
	free((char *)rest - offsetof(struct told, rest));
}

static const struct lease *next_visible(const struct broker *b, const struct peer *who,
					const struct lease *l, uint64_t up_to)
{
	while (l && (l->number <= up_to || !policy_may_see(&b->policy, who, l->uid, &l->borrower)))
		l = l->next;
	return l;
}

static int go_on(struct answer_rest *rest, struct broker *b, struct answer *ret);

static int leave_rest(const struct peer *who, uint64_t up_to, struct answer *ret)
{
	struct told *t = malloc(sizeof(*t));

	if (!t)
		return -ENOMEM;
	*t = (struct told){ { go_on, told_done }, who, up_to };
	ret->rest = &t->rest;
	return 0;
}

static int tell(struct broker *b, const struct peer *who, uint64_t up_to, struct answer *ret)
{
	const struct lease *l = next_visible(b, who, b->leases.first, up_to);
	uint64_t now = broker_now();
	int r;

	for (unsigned int n = 0; l && n < LEASES_MAX; n++) {
		r = answer_append(ret, "lease", describe_lease(l, now));
		if (r < 0)
			return r;
		up_to = l->number;
		l = next_visible(b, who, l->next, up_to);
	}
	return l ? leave_rest(who, up_to, ret) : 0;
}

static int go_on(struct answer_rest *rest, struct broker *b, struct answer *ret)
{
	const struct told *t = (struct told *)((char *)rest - offsetof(struct told, rest));

	return tell(b, t->who, t->up_to, ret);
}

int broker_list_leases(struct broker *b, const struct peer *who, struct answer *ret)
{
	int r = broker_look(b);

	/* Without the driver there are no buffers, and none can be lent. */
	if (r < 0)
		return r == -ENOMEM ? r : 0;
	return tell(b, who, 0, ret);
}
