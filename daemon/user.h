/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The users at the other end of connections, as peer_crowd() tells them apart,
 * and what each of them keeps the daemon busy with. A user is there while
 * anybody holds a reference.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct user {
	uid_t uid;
	size_t references;
	size_t sessions; /* connections that are served */
	size_t unread; /* descriptors sent and not taken */
	size_t held; /* sessions that wait until one is */
};

struct users {
	struct user **list;
	size_t n;
};

/* The user, with one reference more. NULL: memory is short. */
struct user *users_get(struct users *us, uid_t uid);
void users_put(struct users *us, struct user *u);
void users_done(struct users *us);

/* Who has the most connections; NULL: nobody has any. */
struct user *users_largest(const struct users *us);
