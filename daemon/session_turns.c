/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Since when something is up to the peer, and whether for too long. */
#include <time.h>

#include "daemon/session_work.h"

uint64_t session_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000U + (uint64_t)t.tv_nsec / 1000U;
}

static void note(uint64_t *since, bool peers_turn, uint64_t now)
{
	if (!peers_turn)
		*since = 0;
	else if (!*since)
		*since = now;
}

bool session_is_pending(const struct session *s)
{
	return s->since.message || s->since.replies || s->since.descriptor || s->since.others;
}

void session_note_turns(struct session *s, bool listens)
{
	uint64_t now = session_now();

	note(&s->since.message, listens && stream_has_part(s->stream), now);
	note(&s->since.replies, stream_pending(s->stream) > 0, now);
	note(&s->since.descriptor, s->unread, now);
	note(&s->since.others, s->held, now);
	if (session_is_pending(s))
		s->host->pending(s->host->userdata);
}

static void put_off(uint64_t *since, uint64_t now)
{
	if (*since)
		*since = now;
}

void session_begin_turns(struct session *s, uint64_t now)
{
	put_off(&s->since.message, now);
	put_off(&s->since.replies, now);
	put_off(&s->since.descriptor, now);
	put_off(&s->since.others, now);
}

static bool is_over(const struct session *s, uint64_t since, uint64_t now)
{
	return since && now > since && now - since >= s->host->allowance->patience_usec;
}

bool session_overdue(struct session *s, uint64_t now, enum session_end *ret)
{
	if (is_over(s, s->since.others, now)) {
		s->hopeless = true;
		s->since.others = 0;
		session_retry(s);
	}
	if (!session_unread_is_taken(s) && is_over(s, s->since.descriptor, now))
		*ret = SESSION_UNREAD_DESCRIPTOR;
	else if (is_over(s, s->since.replies, now))
		*ret = SESSION_UNREAD_REPLIES;
	else if (is_over(s, s->since.message, now))
		*ret = SESSION_HALF_MESSAGE;
	else
		return false;
	return true;
}
