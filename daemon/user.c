/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/array.h"
#include "common/cleanup.h"
#include "daemon/user.h"

static struct user *find(const struct users *us, uid_t uid)
{
	for (size_t i = 0; i < us->n; i++)
		if (us->list[i]->uid == uid)
			return us->list[i];
	return NULL;
}

static struct user *add(struct users *us, uid_t uid)
{
	_cleanup_free_ struct user *u = calloc(1, sizeof(*u));

	if (!u || array_push(us->list, us->n, u) < 0)
		return NULL;
	u->uid = uid;
	return take_ptr(u);
}

struct user *users_get(struct users *us, uid_t uid)
{
	struct user *u = find(us, uid) ?: add(us, uid);

	if (u)
		u->references++;
	return u;
}

void users_put(struct users *us, struct user *u)
{
	if (!u || --u->references > 0)
		return;
	for (size_t i = 0; i < us->n; i++)
		if (us->list[i] == u) {
			us->list[i] = us->list[--us->n];
			break;
		}
	free(u);
}

void users_done(struct users *us)
{
	while (us->n > 0)
		free(us->list[--us->n]);
	free(us->list);
	*us = (struct users){};
}

struct user *users_largest(const struct users *us)
{
	struct user *largest = NULL;

	for (size_t i = 0; i < us->n; i++)
		if (us->list[i]->sessions > (largest ? largest->sessions : 0))
			largest = us->list[i];
	return largest;
}
