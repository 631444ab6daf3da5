/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* For the parts of session: what they share. */
#pragma once

#include "common/stream.h"
#include "daemon/reply.h"
#include "daemon/session.h"
#include "daemon/waiter.h"

/* While more than this waits to be read by the peer, its calls wait as well. */
#define SESSION_OUTPUT_HIGH (64U << 10)

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

/* ---- its place in the loop ------------------------------------------- */

/* Whether it gets a turn of its own. */
int session_set_work(struct session *s, bool work);

/* The loop is to tell when the peer has read what it was sent. */
void session_watch(struct session *s);

/* Sends what fits into the socket. */
int session_write(struct session *s);

/* ---- calls ----------------------------------------------------------- */

/* Answers a call, refuses it, or has it wait. */
int session_handle(struct session *s, struct json_object *message);

/* Queues the next part of a list. */
int session_go_on(struct session *s);

/* What waits for it may have something to add once the peer has caught up. */
int session_tell_room(struct session *s);

/* ---- descriptors on their way ---------------------------------------- */

void session_note_sent(struct session *s);

/* Everything sent was read, and so was the descriptor. */
bool session_unread_is_taken(struct session *s);

/* Until others of the user took theirs. Who read what is seen when somebody needs to know it. */
bool session_has_to_wait(const struct session *s, const char *method);

void session_hold(struct session *s, struct json_object *message);
/* NULL: none is held. */
struct json_object *session_take_held(struct session *s);

/* It was held for too long. */
int session_refuse_hopeless(struct session *s);

/* ---- whose turn it is ------------------------------------------------ */

/* Not the loop's, which is that of before this call: what it took is not the peer's time. */
uint64_t session_now(void);

void session_note_turns(struct session *s, bool listens);
