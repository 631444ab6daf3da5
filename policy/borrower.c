/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/utf8.h"
#include "policy/borrower.h"

static int format_claim(const struct peer *who, const char *unit, char **ret)
{
	int r = 0;

	if (who->in_user_slice)
		r = asprintf(ret, "user:%u", (unsigned int)who->slice_uid);
	else if (who->container.in_unit)
		r = asprintf(ret, "unit:%s", unit ?: "");
	return r < 0 ? -ENOMEM : 0;
}

static int set_container(struct borrower *b, const struct peer *who)
{
	char *claim = NULL;

	if (format_claim(who, b->unit, &claim) < 0)
		return -ENOMEM;
	memcpy(b->container, who->container.id, sizeof(b->container));
	b->runtime = who->container.runtime;
	b->claimed_by = claim;
	return 0;
}

int borrower_set(struct borrower *b, const struct peer *who)
{
	borrower_done(b);
	b->known = true;
	b->uid = who->uid;
	b->confined = peer_is_confined(who);
	if (who->unit) {
		b->unit = utf8_clean(who->unit);
		if (!b->unit)
			return -ENOMEM;
	}
	return who->in_container ? set_container(b, who) : 0;
}

void borrower_done(struct borrower *b)
{
	free(b->unit);
	free(b->claimed_by);
	*b = (struct borrower){};
}

static bool same_unit(const struct borrower *b, const struct peer *who)
{
	return b->unit && who->unit ? strcmp(b->unit, who->unit) == 0 : !b->unit && !who->unit;
}

/* The unit as well: in a cgroup of its own, it can use the id of another's container. */
static bool same_container(const struct borrower *b, const struct peer *who)
{
	return strcmp(b->container, who->container.id) == 0 && same_unit(b, who);
}

bool borrower_is(const struct borrower *b, const struct peer *who)
{
	if (who->in_container)
		return same_container(b, who);
	if (peer_is_confined(who))
		return b->confined && !*b->container && b->unit && same_unit(b, who);
	return !b->confined;
}
