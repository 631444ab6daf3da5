/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <linux/sockios.h>
#include <stddef.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>

#include "common/cleanup.h"
#include "common/log.h"
#include "common/stream.h"
#include "daemon/service.h"
#include "daemon/session.h"
#include "daemon/waiter.h"

/* While more than this waits to be read by the peer, its calls wait as well. */
#define OUTPUT_HIGH (64U << 10)

/*
 * Descriptors that a peer leaves unread in its socket count against the
 * daemon's own limit, so a peer that collects them is cut off.
 */
#define FDS_UNREAD_MAX 16U

/*
 * The longest call, Allocate for REQUEST_DEVICES_MAX devices, has 4 KiB. JSON
 * takes some 250 times its length in memory at worst ("{},{},..."), and anyone
 * may send it.
 */
static const struct stream_limits limits = {
	.message_max = 64U << 10,
	.depth_max = 16,
	.output_max = 16U << 20,
	.fds_max = 0,
};

struct session {
	const struct session_host *host;
	struct stream *stream;
	struct peer peer;
	sd_event_source *io;
	sd_event_source *work; /* there while there may be a call to take */
	struct answer_rest *rest; /* of the list that is being sent; calls wait for its end */
	bool peer_done; /* it will send no more */
	bool closing; /* nothing more is taken from it */
	unsigned int fds_unread;
	struct waiter waiter;
	bool waiting; /* for the answer to a call; the next ones wait as well */
	int failed; /* an answer that came later could not be queued */
};

const struct peer *session_peer(const struct session *s)
{
	return &s->peer;
}

struct session *session_free(struct session *s)
{
	if (!s)
		return NULL;
	if (s->waiting)
		s->waiter.forget(&s->waiter, s->waiter.userdata);
	answer_rest_free(s->rest);
	sd_event_source_disable_unref(s->io);
	sd_event_source_disable_unref(s->work);
	stream_free(s->stream);
	peer_done(&s->peer);
	free(s);
	return NULL;
}

static void session_freep(struct session **s)
{
	session_free(*s);
}

/* Frees @s, so it is the last thing that a handler does. */
static int end(struct session *s, int error)
{
	if (error < 0 && error != -EPIPE && error != -ECONNRESET)
		log_debug("Connection of uid %u (pid %d) ended: %s.", (unsigned int)s->peer.uid,
			  (int)s->peer.pid, strerror(-error));
	s->host->ended(s, s->host->userdata);
	return 0;
}

/* ---- replies --------------------------------------------------------- */

static int queue(struct session *s, struct json_object *message, int fd)
{
	_cleanup_json_ struct json_object *m = message;
	_cleanup_close_ int owned = fd;

	if (!m)
		return -ENOMEM;
	s->fds_unread += owned >= 0;
	return stream_queue(s->stream, m, take_fd(&owned));
}

/* @more will follow. */
static int reply_list(struct session *s, struct json_object *list, bool more)
{
	size_t n = json_object_array_length(list);
	int r = 0;

	for (size_t i = 0; r == 0 && i < n; i++) {
		struct json_object *o = json_object_array_get_idx(list, i);

		r = queue(s, varlink_reply_new(json_object_get(o), more || i + 1 < n), -1);
	}
	return r;
}

static int reply(struct session *s, struct answer *a)
{
	s->rest = take_ptr(a->rest);
	if (a->list)
		return reply_list(s, a->list, s->rest);
	if (a->error)
		return queue(s, varlink_error_new(a->error, take_ptr(a->parameters)), -1);
	if (!a->parameters)
		a->parameters = json_object_new_object();
	return queue(s, varlink_reply_new(take_ptr(a->parameters), false), take_fd(&a->fd));
}

/* ---- calls ----------------------------------------------------------- */

/* Has the peer taken out of its socket what was sent? */
static bool all_read(const struct session *s)
{
	int unread;

	return stream_pending(s->stream) == 0 &&
	       ioctl(stream_fd(s->stream), SIOCOUTQ, &unread) == 0 && unread == 0;
}

static int limit_fds(struct session *s)
{
	if (s->fds_unread < FDS_UNREAD_MAX)
		return 0;
	if (!all_read(s))
		return -ETOOMANYREFS;
	s->fds_unread = 0;
	return 0;
}

/* An object that is no call gets told so, and nothing more is believed of its sender. */
static int refuse(struct session *s)
{
	_cleanup_(answer_done) struct answer a = ANSWER_INIT;
	int r = answer_invalid(&a, "method");

	s->closing = true;
	return r < 0 ? r : reply(s, &a);
}

/*
 * Comes from within whatever ended the wait, so it does no more than queue: the
 * session's own turn sends it, and may end the session.
 */
static int deliver_now(struct session *s, struct answer *a, bool last)
{
	/* How it goes on is of no use to who does not listen. */
	if (!last && stream_pending(s->stream) > OUTPUT_HIGH)
		return 0;
	if (!a)
		return -ENOMEM;
	if (a->error)
		return queue(s, varlink_error_new(a->error, take_ptr(a->parameters)), -1);
	return queue(s, varlink_reply_new(take_ptr(a->parameters), !last), -1);
}

static int set_work(struct session *s, bool work);

static void deliver(struct waiter *w, struct answer *a, bool last)
{
	struct session *s = (struct session *)((char *)w - offsetof(struct session, waiter));
	int r = deliver_now(s, a, last);

	if (last)
		s->waiting = false;
	if (r >= 0)
		r = set_work(s, true);
	if (r < 0)
		s->failed = r;
}

/* A call without a reply has nobody who waits for it. */
static struct waiter *lend_waiter(struct session *s, const struct varlink_call *call)
{
	s->waiter = (struct waiter){ .deliver = deliver, .more = call->more };
	return call->oneway ? NULL : &s->waiter;
}

static int handle(struct session *s, struct json_object *message)
{
	_cleanup_(answer_done) struct answer a = ANSWER_INIT;
	struct varlink_call call;
	int r;

	if (varlink_call_parse(message, &call) < 0)
		return refuse(s);
	r = limit_fds(s);
	if (r < 0)
		return r;
	a.waiter = lend_waiter(s, &call);
	r = service_call(s->host->broker, &s->peer, &call, &a);
	s->waiting = r >= 0 && a.later;
	if (r < 0) {
		log_error("Cannot answer %s: %s.", call.method, strerror(-r));
		return r;
	}
	return call.oneway || s->waiting ? 0 : reply(s, &a);
}

/* The next part of a list. */
static int go_on(struct session *s)
{
	_cleanup_(answer_done) struct answer a = ANSWER_INIT;
	struct answer_rest *rest = take_ptr(s->rest);
	int r = rest->go_on(rest, s->host->broker, &a);

	answer_rest_free(rest);
	return r < 0 ? r : reply(s, &a);
}

/* ---- events ---------------------------------------------------------- */

static int on_work(sd_event_source *source, void *userdata);

/*
 * One call each time: whoever sends many takes turns with the others. A deferred
 * source keeps the place in the loop's queue that it got when it was made, ahead
 * of all that came later, so each turn has one of its own.
 */
static int set_work(struct session *s, bool work)
{
	s->work = sd_event_source_disable_unref(s->work);
	return work ? sd_event_add_defer(s->host->event, &s->work, on_work, s) : 0;
}

/* Asks the loop for what the session's state calls for. 1: there is nothing left to do. */
static int update(struct session *s, bool may_have_call)
{
	bool full = stream_pending(s->stream) > OUTPUT_HIGH;
	bool listen = !full && !s->closing && !s->waiting;
	bool work = may_have_call && listen;
	bool read = !may_have_call && listen && !s->peer_done;
	uint32_t events = stream_events(s->stream) & EPOLLOUT;
	int r;

	if (!events && !work && !read && !s->waiting)
		return 1;
	r = sd_event_source_set_io_events(s->io, events | (read ? EPOLLIN : 0));
	if (r < 0)
		return r;
	r = set_work(s, work);
	return r < 0 ? r : 0;
}

static int settle(struct session *s, int r, bool may_have_call)
{
	if (r >= 0)
		r = s->failed ?: update(s, may_have_call);
	return r == 0 ? 0 : end(s, r);
}

static int on_work(sd_event_source *source, void *userdata)
{
	_cleanup_json_ struct json_object *message = NULL;
	struct session *s = userdata;
	bool more;
	int r = 0;

	if (!s->waiting && !s->failed && !s->rest)
		r = stream_next(s->stream, &message);
	more = r > 0 || s->rest;
	if (r > 0)
		r = handle(s, message);
	else if (s->rest)
		r = go_on(s);
	if (r >= 0)
		r = stream_write(s->stream);
	return settle(s, r, more);
}

static int on_io(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
	struct session *s = userdata;
	int r = 0;

	if (revents & EPOLLOUT)
		r = stream_write(s->stream);
	if (r >= 0 && revents & EPOLLIN) {
		r = stream_read(s->stream);
		if (r == -EPIPE) {
			s->peer_done = true;
			r = 0;
		}
	} else if (r >= 0 && revents & (EPOLLHUP | EPOLLERR)) {
		r = -EPIPE;
	}
	return settle(s, r, true);
}

int session_new(const struct session_host *host, int fd, struct session **ret)
{
	_cleanup_(session_freep) struct session *s = calloc(1, sizeof(*s));
	int r;

	if (!s) {
		close_fd(&fd);
		return -ENOMEM;
	}
	s->host = host;
	r = stream_new(fd, &limits, &s->stream);
	if (r < 0)
		return r;
	r = peer_read(stream_fd(s->stream), &s->peer);
	if (r < 0)
		return r;
	r = sd_event_add_io(host->event, &s->io, stream_fd(s->stream), EPOLLIN, on_io, s);
	if (r < 0)
		return r;
	*ret = take_ptr(s);
	return 0;
}
