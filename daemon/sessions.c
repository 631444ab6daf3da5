/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <string.h>

#include "common/array.h"
#include "common/cleanup.h"
#include "common/log.h"
#include "daemon/sessions.h"

/* How often in the time of its patience the daemon looks. */
#define LOOKS 4U

/* More than these are not kept; each has a descriptor of the daemon's. */
#define LINGERS_MAX 1024U

const struct allowance allowance_default = {
	.sessions = 2048,
	.sessions_of_root = 64,
	.sessions_of_user = 1536,
	.unread_of_user = 128,
	.patience_usec = 5000000,
};

/* ---- ends ------------------------------------------------------------ */

static void take_out(struct sessions *ss, const struct session *s)
{
	for (size_t i = 0; i < ss->n; i++)
		if (ss->list[i] == s) {
			ss->list[i] = ss->list[--ss->n];
			break;
		}
	session_user(s)->sessions--;
	ss->full = false;
}

static void keep_unread(struct sessions *ss, struct session *s)
{
	int fd = ss->lingers.n < LINGERS_MAX ? session_take_unread(s) : -1;

	if (fd >= 0 && lingers_add(&ss->lingers, fd, session_user(s)) < 0)
		log_warning("Out of memory: a descriptor that uid %u did not read is not counted.",
			    (unsigned int)session_peer(s)->uid);
}

static void count_end(struct sessions *ss, enum session_end end)
{
	counters_add(&ss->host.broker->metrics.disconnections, session_end_name(end), 1);
}

static void on_ended(struct session *s, enum session_end end, void *userdata)
{
	struct sessions *ss = userdata;

	count_end(ss, end);
	take_out(ss, s);
	keep_unread(ss, s);
	session_free(s);
}

static void cut_off(struct sessions *ss, struct session *s, enum session_end end)
{
	log_debug("Closed a connection of uid %u (pid %d): %s.", (unsigned int)session_peer(s)->uid,
		  (int)session_peer(s)->pid, session_end_text(end));
	on_ended(s, end, ss);
}

/* A descriptor was taken, so that those who wait for that may go on. */
static void on_taken(struct user *u, void *userdata)
{
	struct sessions *ss = userdata;

	if (u->held == 0)
		return;
	for (size_t i = 0; i < ss->n; i++)
		if (session_user(ss->list[i]) == u)
			session_retry(ss->list[i]);
}

static void look(const struct user *u, void *userdata)
{
	const struct sessions *ss = userdata;

	for (size_t i = 0; i < ss->n; i++)
		if (session_user(ss->list[i]) == u)
			session_look(ss->list[i]);
}

/* ---- time ------------------------------------------------------------ */

static void on_pending(void *userdata);

static uint64_t step_usec(const struct sessions *ss)
{
	return ss->host.allowance->patience_usec / LOOKS;
}

/*
 * Who comes this late was held up itself: what peers did meanwhile is still to
 * be heard, so none of them is judged by that time.
 */
static bool excuse_all(struct sessions *ss, uint64_t due, uint64_t now)
{
	if (now - due <= 2 * step_usec(ss))
		return false;
	for (size_t i = 0; i < ss->n; i++)
		session_begin_turns(ss->list[i], now);
	return true;
}

static int on_timer(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct sessions *ss = userdata;
	bool pending = false;
	enum session_end end;
	uint64_t now;

	ss->timer = sd_event_source_disable_unref(ss->timer);
	sd_event_now(ss->host.event, CLOCK_MONOTONIC, &now);
	if (excuse_all(ss, usec, now)) {
		on_pending(ss);
		return 0;
	}
	/* From the end, where what takes the place of a closed one was looked at. */
	for (size_t i = ss->n; i-- > 0;) {
		if (session_overdue(ss->list[i], now, &end))
			cut_off(ss, ss->list[i], end);
		else
			pending |= session_is_pending(ss->list[i]);
	}
	if (pending)
		on_pending(ss);
	return 0;
}

static void on_pending(void *userdata)
{
	struct sessions *ss = userdata;
	uint64_t step = step_usec(ss);
	int r;

	if (ss->timer)
		return;
	r = sd_event_add_time_relative(ss->host.event, &ss->timer, CLOCK_MONOTONIC, step, step,
				       on_timer, ss);
	if (r < 0)
		log_error("Cannot watch over connections: %s.", strerror(-r));
}

/* ---- room ------------------------------------------------------------ */

static bool is_better_to_go(const struct session *a, const struct session *b)
{
	if (session_is_idle(a) != session_is_idle(b))
		return session_is_idle(a);
	return session_last_call(a) < session_last_call(b);
}

static struct session *first_to_go(const struct sessions *ss, const struct user *u)
{
	struct session *first = NULL;

	for (size_t i = 0; i < ss->n; i++)
		if (session_user(ss->list[i]) == u &&
		    (!first || is_better_to_go(ss->list[i], first)))
			first = ss->list[i];
	return first;
}

/* Somebody with fewer connections is to have one of those of who has the most. */
static bool make_room(struct sessions *ss, const struct user *u)
{
	const struct user *largest = users_largest(&ss->users);

	if (!largest || largest->sessions <= u->sessions + 1)
		return false;
	cut_off(ss, first_to_go(ss, largest), SESSION_CROWDED_OUT);
	return true;
}

static bool has_room(struct sessions *ss, const struct peer *who, const struct user *u)
{
	const struct allowance *a = ss->host.allowance;
	bool root = peer_is_root(who);

	if (!root && u->sessions >= a->sessions_of_user)
		return false;
	return ss->n < a->sessions - (root ? 0 : a->sessions_of_root) || make_room(ss, u);
}

/* Said once until a connection ends: who is refused could otherwise fill the journal. */
static void log_full(struct sessions *ss, uid_t uid)
{
	const struct allowance *a = ss->host.allowance;

	if (!ss->full)
		log_warning("Refused a connection of uid %u: %u connections per user and %u in all "
			    "are the limit.",
			    (unsigned int)uid, a->sessions_of_user,
			    a->sessions - a->sessions_of_root);
	ss->full = true;
}

static void session_freep(struct session **s)
{
	session_free(*s);
}

int sessions_add(struct sessions *ss, int fd)
{
	_cleanup_(session_freep) struct session *s = NULL;
	int r = session_new(&ss->host, fd, &s);

	if (r < 0)
		return r;
	ss->host.broker->metrics.connections++;
	if (!has_room(ss, session_peer(s), session_user(s))) {
		log_full(ss, session_peer(s)->uid);
		count_end(ss, SESSION_REFUSED);
		return 0;
	}
	r = array_push(ss->list, ss->n, s);
	if (r < 0)
		return r;
	session_user(take_ptr(s))->sessions++;
	return 0;
}

void sessions_init(struct sessions *ss, sd_event *event, struct broker *broker,
		   const struct allowance *allowance)
{
	*ss = (struct sessions){
		.host = {
			.event = event,
			.broker = broker,
			.allowance = allowance,
			.users = &ss->users,
			.ended = on_ended,
			.pending = on_pending,
			.look = look,
			.taken = on_taken,
			.userdata = ss,
		},
		.lingers = { .event = event,
			     .users = &ss->users,
			     .taken = on_taken,
			     .userdata = ss },
	};
}

void sessions_done(struct sessions *ss)
{
	while (ss->n > 0)
		session_free(ss->list[--ss->n]);
	free(ss->list);
	lingers_done(&ss->lingers);
	sd_event_source_disable_unref(ss->timer);
	users_done(&ss->users);
}
