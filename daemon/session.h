/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One connection: takes calls off its stream one at a time, and queues the
 * replies. A session belongs to its host, whom it tells when it has ended,
 * upon which the host frees it. It never blocks the loop, and does one call
 * between two rounds of it. While a peer does not read its replies, its calls
 * wait; only what is in hand is kept for it.
 *
 * A call that is answered with a descriptor waits until the peer has taken the
 * one before, and until its user's connections have taken enough of theirs.
 *
 * There is no timer in it: the host asks from time to time whether it has been
 * the peer's turn for too long, while any session says that it is.
 */
#pragma once

#include <systemd/sd-event.h>

#include "daemon/allowance.h"
#include "daemon/broker.h"
#include "daemon/user.h"

struct session;

/* Why a connection ended. */
enum session_end {
	SESSION_CLOSED, /* by the peer */
	SESSION_FAILED, /* what the socket or this process said */
	SESSION_NO_MESSAGE, /* not JSON, no call, or too long */
	SESSION_HALF_MESSAGE, /* and no more of it */
	SESSION_UNREAD_REPLIES,
	SESSION_UNREAD_DESCRIPTOR,
	SESSION_CROWDED_OUT, /* by users with fewer connections */
	SESSION_REFUSED, /* there was no room */
	SESSION_ENDS,
};

/* A word for metrics. */
const char *session_end_name(enum session_end end);

/* In words for people. */
const char *session_end_text(enum session_end end);

struct session_host {
	sd_event *event;
	struct broker *broker;
	const struct allowance *allowance;
	struct users *users;
	/* @s is to be freed. */
	void (*ended)(struct session *s, enum session_end end, void *userdata);
	/* It is the peer's turn, and session_overdue() is to be asked. */
	void (*pending)(void *userdata);
	/* Has session_look() be called for all of a user's sessions. */
	void (*look)(const struct user *u, void *userdata);
	/* A user took a descriptor; sessions that wait for that may go on. */
	void (*taken)(struct user *u, void *userdata);
	void *userdata;
};

/* Takes @fd over, also on failure. @host has to outlive the session. */
int session_new(const struct session_host *host, int fd, struct session **ret);
struct session *session_free(struct session *s);

const struct peer *session_peer(const struct session *s);
struct user *session_user(const struct session *s);

/* Nothing is under way, so that it could go without loss to the peer. */
bool session_is_idle(const struct session *s);

/* When it was last called, CLOCK_MONOTONIC in microseconds. */
uint64_t session_last_call(const struct session *s);

/* Is it the peer's turn, so that it is worth to ask again? */
bool session_is_pending(const struct session *s);

/* What was the peer's turn before @now is so from then on only, as nobody listened. */
void session_begin_turns(struct session *s, uint64_t now);

/* Has it been for too long? @ret says with what. */
bool session_overdue(struct session *s, uint64_t now, enum session_end *ret);

/* Has its descriptor been taken meanwhile? If not, taken() is called once it is. */
void session_look(struct session *s);

/* A call that waits for a descriptor to be taken is tried again. */
int session_retry(struct session *s);

/*
 * The socket of a session that is about to be freed, if the peer has a
 * descriptor in it that it has not taken, shut down; else -1.
 */
int session_take_unread(struct session *s);
