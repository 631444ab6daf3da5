/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A call, and what is answered to it, at once or later. */
#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/log.h"
#include "daemon/reply.h"
#include "daemon/service.h"
#include "daemon/session_work.h"

/* An object that is no call gets told so, and nothing more is believed of its sender. */
static int refuse(struct session *s)
{
	_cleanup_(answer_done) struct answer a = ANSWER_INIT;
	int r = answer_invalid(&a, "method");

	s->closing = true;
	return r < 0 ? r : reply_queue(s->stream, &a);
}

/* Of deliver_now(), beside 0 and -errno. */
#define LEFT_OUT 1

/*
 * Comes from within whatever ended the wait, so it does no more than queue: the
 * session's own turn sends it, and may end the session.
 */
static int deliver_now(struct session *s, struct answer *a, bool last)
{
	/* How it goes on is of no use to who does not listen. */
	if (!last && stream_pending(s->stream) > SESSION_OUTPUT_HIGH)
		return LEFT_OUT;
	return a ? reply_queue_part(s->stream, a, last) : -ENOMEM;
}

static bool deliver(struct waiter *w, struct answer *a, bool last)
{
	struct session *s = (struct session *)((char *)w - offsetof(struct session, waiter));
	int r = deliver_now(s, a, last);

	if (last)
		s->waiting = false;
	s->left_out |= r == LEFT_OUT;
	if (r == LEFT_OUT)
		return false;
	if (r >= 0)
		r = session_set_work(s, true);
	if (r < 0)
		s->failed = r;
	return true;
}

int session_tell_room(struct session *s)
{
	if (!s->left_out || stream_pending(s->stream) > 0)
		return 0;
	s->left_out = false;
	if (s->waiting && s->waiter.room)
		s->waiter.room(&s->waiter, s->waiter.userdata);
	/* The socket was writable already, and says so once. */
	return session_write(s);
}

/* A call without a reply has nobody who waits for it. */
static struct waiter *lend_waiter(struct session *s, const struct varlink_call *call)
{
	s->waiter = (struct waiter){ .deliver = deliver, .more = call->more };
	return call->oneway ? NULL : &s->waiter;
}

static int reply(struct session *s, struct answer *a)
{
	s->rest = take_ptr(a->rest);
	return s->rest ? reply_queue_list(s->stream, a->list, true) : reply_queue(s->stream, a);
}

static int answer_call(struct session *s, const struct varlink_call *call)
{
	_cleanup_(answer_done) struct answer a = ANSWER_INIT;
	int r;

	a.waiter = lend_waiter(s, call);
	r = service_call(s->host->broker, &s->peer, call, &a);
	s->waiting = r >= 0 && a.later;
	if (r < 0) {
		log_error("Cannot answer %s: %s.", call->method, strerror(-r));
		return r;
	}
	if (call->oneway || s->waiting)
		return 0;
	if (a.fd >= 0)
		session_note_sent(s);
	return reply(s, &a);
}

int session_go_on(struct session *s)
{
	_cleanup_(answer_done) struct answer a = ANSWER_INIT;
	struct answer_rest *rest = take_ptr(s->rest);
	int r = rest->go_on(rest, s->host->broker, &a);

	answer_rest_free(rest);
	return r < 0 ? r : reply(s, &a);
}

int session_handle(struct session *s, struct json_object *message)
{
	struct varlink_call call;

	s->last_call = session_now();
	s->since.message = 0;
	if (varlink_call_parse(message, &call) < 0)
		return refuse(s);
	if (!session_has_to_wait(s, call.method)) {
		s->hopeless = false;
		return answer_call(s, &call);
	}
	if (call.oneway)
		return 0;
	if (s->hopeless)
		return session_refuse_hopeless(s);
	session_hold(s, message);
	return 0;
}
