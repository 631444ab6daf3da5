/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <string.h>
#include <sys/epoll.h>

#include "common/cleanup.h"
#include "common/log.h"
#include "daemon/session_work.h"

/*
 * The longest call, Allocate for REQUEST_DEVICES_MAX devices, has 4 KiB and
 * some 400 values. In memory a value takes some 250 bytes, and anyone may send
 * them.
 */
static const struct stream_limits limits = {
	.message_max = 64U << 10,
	.values_max = 1024,
	.depth_max = 16,
	.output_max = 16U << 20,
	.fds_max = 0,
};

const struct peer *session_peer(const struct session *s)
{
	return &s->peer;
}

struct user *session_user(const struct session *s)
{
	return s->user;
}

uint64_t session_last_call(const struct session *s)
{
	return s->last_call;
}

bool session_is_idle(const struct session *s)
{
	return !s->waiting && !s->work && !s->rest && !s->held && !s->unread && !s->since.message &&
	       stream_pending(s->stream) == 0;
}

static void leave(struct session *s)
{
	json_object_put(session_take_held(s));
	s->user->unread -= s->unread;
	users_put(s->host->users, s->user);
}

struct session *session_free(struct session *s)
{
	if (!s)
		return NULL;
	if (s->waiting)
		s->waiter.forget(&s->waiter, s->waiter.userdata);
	sd_event_source_disable_unref(s->io);
	sd_event_source_disable_unref(s->work);
	answer_rest_free(s->rest);
	stream_free(s->stream);
	if (s->user)
		leave(s);
	peer_done(&s->peer);
	free(s);
	return NULL;
}

static enum session_end end_of(const struct session *s, int r)
{
	switch (r) {
	case -EPIPE:
	case -ECONNRESET:
		return SESSION_CLOSED;
	case -EBADMSG:
	case -EMSGSIZE:
		return SESSION_NO_MESSAGE;
	default:
		if (r < 0)
			return SESSION_FAILED;
		return s->closing ? SESSION_NO_MESSAGE : SESSION_CLOSED;
	}
}

/* Frees @s, so it is the last thing that a handler does. */
static int end(struct session *s, int r)
{
	enum session_end how = end_of(s, r);

	if (how == SESSION_FAILED)
		log_debug("Connection of uid %u (pid %d) failed: %s.", (unsigned int)s->peer.uid,
			  (int)s->peer.pid, strerror(-r));
	s->host->ended(s, how, s->host->userdata);
	return 0;
}

/* ---- events ---------------------------------------------------------- */

int session_write(struct session *s)
{
	size_t before = stream_pending(s->stream);
	int r = stream_write(s->stream);

	if (stream_pending(s->stream) < before)
		s->since.replies = 0;
	return r;
}

static int on_work(sd_event_source *source, void *userdata);

/*
 * One call each time: whoever sends many takes turns with the others. A deferred
 * source keeps the place in the loop's queue that it got when it was made, ahead
 * of all that came later, so each turn has one of its own.
 */
int session_set_work(struct session *s, bool work)
{
	s->work = sd_event_source_disable_unref(s->work);
	return work ? sd_event_add_defer(s->host->event, &s->work, on_work, s) : 0;
}

int session_retry(struct session *s)
{
	return s->held || s->blocked ? session_set_work(s, true) : 0;
}

/*
 * Edge-triggered: of all sessions with something to read the loop would be told
 * again in every round, until each had its turn. Of one that waits until its
 * peer reads, or that others of its user wait for, it tells of each reply that
 * was read, and not that there is room.
 */
static uint32_t events_of(const struct session *s, bool read)
{
	uint32_t events = read ? EPOLLIN : 0;

	if (s->blocked || stream_pending(s->stream) > 0 || (s->unread && s->user->held > 0))
		events |= EPOLLOUT;
	return events ? events | EPOLLET : 0;
}

static int set_events(struct session *s, uint32_t events)
{
	int r;

	if (events == s->events && !s->reported)
		return 0;
	r = sd_event_source_set_io_events(s->io, events);
	if (r < 0)
		return r;
	s->events = events;
	s->reported = false;
	return 0;
}

/* Without memory for it, the next look at who is overdue finds the same. */
void session_watch(struct session *s)
{
	set_events(s, s->events | EPOLLOUT | EPOLLET);
}

/* Asks the loop for what the session's state calls for. 1: there is nothing left to do. */
static int update(struct session *s, bool may_have_call)
{
	bool full = stream_pending(s->stream) > SESSION_OUTPUT_HIGH;
	bool stuck = s->waiting || s->blocked || s->held;
	bool listen = !full && !s->closing && !stuck;
	bool work = (may_have_call && listen) || (s->held && s->hopeless);
	bool read = !may_have_call && listen && !s->peer_done;
	uint32_t events = events_of(s, read);
	int r;

	if (!events && !work && !stuck)
		return 1;
	session_note_turns(s, listen);
	r = set_events(s, events);
	if (r < 0)
		return r;
	r = session_set_work(s, work);
	return r < 0 ? r : 0;
}

static int settle(struct session *s, int r)
{
	if (r >= 0)
		r = session_tell_room(s);
	if (r >= 0)
		r = s->failed ?: update(s, s->rest || stream_has_next(s->stream));
	return r == 0 ? 0 : end(s, r);
}

/* The next call whose time has come. 0: there is none. */
static int next_call(struct session *s, struct json_object **ret)
{
	if (s->waiting || s->failed || s->rest)
		return 0;
	if (s->held) {
		*ret = session_take_held(s);
		return 1;
	}
	s->blocked = stream_has_next(s->stream) && !session_unread_is_taken(s);
	return s->blocked ? 0 : stream_next(s->stream, ret);
}

/* One call, or a part of a list. */
static int take_turn(struct session *s)
{
	_cleanup_json_ struct json_object *message = NULL;
	int r = next_call(s, &message);

	if (r > 0)
		r = session_handle(s, message);
	else if (r == 0 && s->rest && !s->failed)
		r = session_go_on(s);
	return r < 0 ? r : session_write(s);
}

static int on_work(sd_event_source *source, void *userdata)
{
	struct session *s = userdata;

	return settle(s, take_turn(s));
}

static int read_some(struct session *s)
{
	int r = stream_read(s->stream);

	s->reported = true;
	if (r != -EPIPE)
		return r;
	s->peer_done = true;
	return 0;
}

/* The first call of those that came at once; there is no other turn to wait for. */
static bool may_take_turn(const struct session *s)
{
	return !s->work && !s->held && !s->closing &&
	       stream_pending(s->stream) <= SESSION_OUTPUT_HIGH;
}

static int on_io(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
	struct session *s = userdata;
	int r = 0;

	if (revents & EPOLLOUT)
		r = session_write(s);
	if (r >= 0 && revents & EPOLLIN)
		r = read_some(s);
	else if (r >= 0 && revents & (EPOLLHUP | EPOLLERR))
		r = -EPIPE;
	if (session_unread_is_taken(s))
		s->blocked = false;
	if (r >= 0 && may_take_turn(s))
		r = take_turn(s);
	return settle(s, r);
}

static void session_freep(struct session **s)
{
	session_free(*s);
}

static int take_socket(struct session *s, int fd)
{
	int r = stream_new(fd, &limits, &s->stream);

	if (r < 0)
		return r;
	r = peer_read(stream_fd(s->stream), &s->peer);
	if (r < 0)
		return r;
	s->user = users_get(s->host->users, peer_crowd(&s->peer));
	return s->user ? 0 : -ENOMEM;
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
	r = take_socket(s, fd);
	if (r < 0)
		return r;
	s->events = EPOLLIN | EPOLLET;
	s->last_call = session_now();
	r = sd_event_add_io(host->event, &s->io, stream_fd(s->stream), s->events, on_io, s);
	if (r < 0)
		return r;
	*ret = take_ptr(s);
	return 0;
}
