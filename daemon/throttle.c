/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stddef.h>

#include "daemon/throttle.h"

static bool is_over(const struct throttle_window *w, uint64_t now)
{
	return now - w->since >= THROTTLE_WINDOW_USEC;
}

/* What is still to be told of keeps its slot. */
static bool is_vacant(const struct throttle_window *w, uint64_t now)
{
	return !w->since || (w->left_out == 0 && is_over(w, now));
}

static struct throttle_window *find(struct throttle *t, uid_t uid, uint64_t now)
{
	struct throttle_window *vacant = NULL, *others = &t->windows[THROTTLE_SLOTS];

	for (struct throttle_window *w = t->windows; w < others; w++) {
		if (w->since && w->uid == uid)
			return w;
		if (!vacant && is_vacant(w, now))
			vacant = w;
	}
	if (!vacant) {
		others->uid = THROTTLE_OTHERS;
		return others;
	}
	*vacant = (struct throttle_window){ .uid = uid };
	return vacant;
}

bool throttle_pass(struct throttle *t, uid_t uid, uint64_t bytes, uint64_t now)
{
	struct throttle_window *w = find(t, uid, now);

	if (is_vacant(w, now))
		*w = (struct throttle_window){ .since = now, .uid = w->uid };
	if (w->said < t->burst) {
		w->said++;
		return true;
	}
	w->left_out++;
	w->bytes += bytes;
	return false;
}

bool throttle_take(struct throttle *t, uint64_t now, struct throttle_window *ret)
{
	for (unsigned int i = 0; i <= THROTTLE_SLOTS; i++) {
		struct throttle_window *w = &t->windows[i];

		if (w->left_out == 0 || !is_over(w, now))
			continue;
		*ret = *w;
		*w = (struct throttle_window){};
		return true;
	}
	return false;
}

uint64_t throttle_next(const struct throttle *t)
{
	uint64_t at = UINT64_MAX;

	for (unsigned int i = 0; i <= THROTTLE_SLOTS; i++) {
		const struct throttle_window *w = &t->windows[i];

		if (w->left_out > 0 && w->since + THROTTLE_WINDOW_USEC < at)
			at = w->since + THROTTLE_WINDOW_USEC;
	}
	return at;
}
