/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * How often each user may have something said about it. What is over that is
 * counted, and told as one when the user's window of time is over, so that
 * nobody can fill the journal, and nothing goes unmentioned. Pure: time is
 * handed in.
 *
 * Users without a slot share one: whoever has many uids at hand (a user with
 * subordinate ones has 65536) gains nothing by them.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define THROTTLE_SLOTS 32
#define THROTTLE_WINDOW_USEC (60U * 1000000U)

struct throttle_window {
	uint64_t since; /* 0: not in use */
	uid_t uid;
	unsigned int said;
	uint64_t left_out;
	uint64_t bytes; /* of what was left out */
};

struct throttle {
	unsigned int burst; /* may be said in a window */
	struct throttle_window windows[THROTTLE_SLOTS + 1]; /* the last is shared */
};

/* May this be said? If not, it is counted, with its @bytes. */
bool throttle_pass(struct throttle *t, uid_t uid, uint64_t bytes, uint64_t now);

/* A window that is over by @now, and had something left out; it is empty then. */
bool throttle_take(struct throttle *t, uint64_t now, struct throttle_window *ret);

/* When the next of those will be over; UINT64_MAX: there is none. */
uint64_t throttle_next(const struct throttle *t);

/* The uid of what is told of the shared window. */
#define THROTTLE_OTHERS ((uid_t) - 1)
