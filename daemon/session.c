/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>

#include "common/cleanup.h"
#include "common/log.h"
#include "common/stream.h"
#include "daemon/reply.h"
#include "daemon/service.h"
#include "daemon/session.h"
#include "daemon/waiter.h"

/* While more than this waits to be read by the peer, its calls wait as well. */
#define OUTPUT_HIGH (64U << 10)

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

/* Since when it is the peer's turn with each; 0: it is not. */
struct turns {
	uint64_t message; /* of which a part is there */
	uint64_t replies; /* that do not fit into the socket */
	uint64_t descriptor;
	uint64_t others; /* of the same user, with their descriptors */
};

struct session {
	const struct session_host *host;
	struct stream *stream;
	struct peer peer;
	struct user *user;
	sd_event_source *io;
	uint32_t events; /* that the loop was asked for */
	bool reported; /* they were, and are not again unless asked for anew */
	sd_event_source *work; /* there while there may be a call to take */
	struct answer_rest *rest; /* of the list that is being sent; calls wait for its end */
	bool peer_done; /* it will send no more */
	bool closing; /* nothing more is taken from it */
	bool unread; /* a descriptor was sent, and not seen to be taken */
	bool blocked; /* by that, with calls to take */
	struct json_object *held; /* a call that waits for the user's other descriptors */
	bool hopeless; /* it has waited for long enough */
	struct turns since;
	uint64_t last_call;
	struct waiter waiter;
	bool left_out; /* something on the way to that, since the peer does not read */
	bool waiting; /* for the answer to a call; the next ones wait as well */
	int failed; /* an answer that came later could not be queued */
};

const char *session_end_name(enum session_end end)
{
	static const char *const names[SESSION_ENDS] = {
		[SESSION_CLOSED] = "closed",
		[SESSION_FAILED] = "failed",
		[SESSION_NO_MESSAGE] = "noMessage",
		[SESSION_HALF_MESSAGE] = "halfMessage",
		[SESSION_UNREAD_REPLIES] = "unreadReplies",
		[SESSION_UNREAD_DESCRIPTOR] = "unreadDescriptor",
		[SESSION_CROWDED_OUT] = "crowdedOut",
		[SESSION_REFUSED] = "refused",
	};

	return names[end];
}

const char *session_end_text(enum session_end end)
{
	static const char *const texts[SESSION_ENDS] = {
		[SESSION_CLOSED] = "it was closed",
		[SESSION_FAILED] = "it failed",
		[SESSION_NO_MESSAGE] = "what it sent was no call",
		[SESSION_HALF_MESSAGE] = "it sent part of a message and no more",
		[SESSION_UNREAD_REPLIES] = "it did not read its replies",
		[SESSION_UNREAD_DESCRIPTOR] = "it did not read the reply with its buffer",
		[SESSION_CROWDED_OUT] = "its user had the most connections, and others none",
		[SESSION_REFUSED] = "there was no room for it",
	};

	return texts[end];
}

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

static struct json_object *take_held(struct session *s)
{
	s->user->held -= !!s->held;
	s->since.others = 0;
	return take_ptr(s->held);
}

static void leave(struct session *s)
{
	json_object_put(take_held(s));
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

/* Not the loop's, which is that of before this call: what it took is not the peer's time. */
static uint64_t now_usec(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000U + (uint64_t)t.tv_nsec / 1000U;
}

/* ---- descriptors on their way ---------------------------------------- */

static void note_sent(struct session *s)
{
	if (s->unread)
		return;
	s->unread = true;
	s->user->unread++;
}

/* Everything sent was read, and so was the descriptor. */
static bool unread_is_taken(struct session *s)
{
	if (!s->unread)
		return true;
	if (stream_pending(s->stream) > 0 || !reply_is_read(stream_fd(s->stream)))
		return false;
	s->unread = false;
	s->since.descriptor = 0;
	s->user->unread--;
	s->host->taken(s->user, s->host->userdata);
	return true;
}

void session_look(struct session *s)
{
	unread_is_taken(s);
}

int session_take_unread(struct session *s)
{
	int fd;

	/* What was never sent goes with the stream. */
	if (!s->unread || stream_pending_fds(s->stream) > 0 || unread_is_taken(s))
		return -1;
	fd = fcntl(stream_fd(s->stream), F_DUPFD_CLOEXEC, 0);
	if (fd < 0)
		return -1;
	shutdown(fd, SHUT_RDWR);
	s->unread = false;
	return fd;
}

static int hold(struct session *s, struct json_object *message)
{
	s->held = json_object_get(message);
	s->user->held++;
	return 0;
}

static int refuse_hopeless(struct session *s)
{
	_cleanup_(answer_done) struct answer a = ANSWER_INIT;
	int r = answer_error_strings(
		&a, BROKER_INTERFACE ".NotPermitted", "reason",
		"connections of the same user were sent as many buffers as may be on their way, "
		"and do not read them",
		"remedy", "Have those programs read their replies, or end them.");

	s->hopeless = false;
	return r < 0 ? r : reply_queue(s->stream, &a);
}

/* Who read what is seen when somebody needs to know it. */
static bool has_to_wait(const struct session *s, const char *method)
{
	size_t most = s->host->allowance->unread_of_user;

	if (!service_lends(method) || s->user->unread < most)
		return false;
	s->host->look(s->user, s->host->userdata);
	return s->user->unread >= most;
}

/* ---- calls ----------------------------------------------------------- */

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
	if (!last && stream_pending(s->stream) > OUTPUT_HIGH)
		return LEFT_OUT;
	return a ? reply_queue_part(s->stream, a, last) : -ENOMEM;
}

static int set_work(struct session *s, bool work);

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
		r = set_work(s, true);
	if (r < 0)
		s->failed = r;
	return true;
}

static int write_some(struct session *s)
{
	size_t before = stream_pending(s->stream);
	int r = stream_write(s->stream);

	if (stream_pending(s->stream) < before)
		s->since.replies = 0;
	return r;
}

/* What waits for it may have something to add once the peer has caught up. */
static int tell_room(struct session *s)
{
	if (!s->left_out || stream_pending(s->stream) > 0)
		return 0;
	s->left_out = false;
	if (s->waiting && s->waiter.room)
		s->waiter.room(&s->waiter, s->waiter.userdata);
	/* The socket was writable already, and says so once. */
	return write_some(s);
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
		note_sent(s);
	return reply(s, &a);
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

static int handle(struct session *s, struct json_object *message)
{
	struct varlink_call call;

	s->last_call = now_usec();
	s->since.message = 0;
	if (varlink_call_parse(message, &call) < 0)
		return refuse(s);
	if (!has_to_wait(s, call.method)) {
		s->hopeless = false;
		return answer_call(s, &call);
	}
	if (call.oneway)
		return 0;
	return s->hopeless ? refuse_hopeless(s) : hold(s, message);
}

/* ---- whose turn it is ------------------------------------------------ */

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

static void note_turns(struct session *s, bool listens)
{
	uint64_t now = now_usec();

	note(&s->since.message, listens && stream_has_part(s->stream), now);
	note(&s->since.replies, stream_pending(s->stream) > 0, now);
	note(&s->since.descriptor, s->unread, now);
	note(&s->since.others, s->held, now);
	if (session_is_pending(s))
		s->host->pending(s->host->userdata);
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
	if (!unread_is_taken(s) && is_over(s, s->since.descriptor, now))
		*ret = SESSION_UNREAD_DESCRIPTOR;
	else if (is_over(s, s->since.replies, now))
		*ret = SESSION_UNREAD_REPLIES;
	else if (is_over(s, s->since.message, now))
		*ret = SESSION_HALF_MESSAGE;
	else
		return false;
	return true;
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

int session_retry(struct session *s)
{
	return s->held || s->blocked ? set_work(s, true) : 0;
}

/*
 * Edge-triggered: of all sessions with something to read the loop would be told
 * again in every round, until each had its turn. Of one that waits until its
 * peer reads, it tells of each reply that was read, and not that there is room.
 */
static uint32_t events_of(const struct session *s, bool read)
{
	uint32_t events = read ? EPOLLIN : 0;

	if (s->blocked || stream_pending(s->stream) > 0)
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

/* Asks the loop for what the session's state calls for. 1: there is nothing left to do. */
static int update(struct session *s, bool may_have_call)
{
	bool full = stream_pending(s->stream) > OUTPUT_HIGH;
	bool stuck = s->waiting || s->blocked || s->held;
	bool listen = !full && !s->closing && !stuck;
	bool work = (may_have_call && listen) || (s->held && s->hopeless);
	bool read = !may_have_call && listen && !s->peer_done;
	uint32_t events = events_of(s, read);
	int r;

	if (!events && !work && !stuck)
		return 1;
	note_turns(s, listen);
	r = set_events(s, events);
	if (r < 0)
		return r;
	r = set_work(s, work);
	return r < 0 ? r : 0;
}

static int settle(struct session *s, int r)
{
	if (r >= 0)
		r = tell_room(s);
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
		*ret = take_held(s);
		return 1;
	}
	s->blocked = stream_has_next(s->stream) && !unread_is_taken(s);
	return s->blocked ? 0 : stream_next(s->stream, ret);
}

/* One call, or a part of a list. */
static int take_turn(struct session *s)
{
	_cleanup_json_ struct json_object *message = NULL;
	int r = next_call(s, &message);

	if (r > 0)
		r = handle(s, message);
	else if (r == 0 && s->rest && !s->failed)
		r = go_on(s);
	return r < 0 ? r : write_some(s);
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
	return !s->work && !s->held && !s->closing && stream_pending(s->stream) <= OUTPUT_HIGH;
}

static int on_io(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
	struct session *s = userdata;
	int r = 0;

	if (revents & EPOLLOUT)
		r = write_some(s);
	if (r >= 0 && revents & EPOLLIN)
		r = read_some(s);
	else if (r >= 0 && revents & (EPOLLHUP | EPOLLERR))
		r = -EPIPE;
	if (s->blocked && unread_is_taken(s))
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
	s->last_call = now_usec();
	r = sd_event_add_io(host->event, &s->io, stream_fd(s->stream), s->events, on_io, s);
	if (r < 0)
		return r;
	*ret = take_ptr(s);
	return 0;
}
