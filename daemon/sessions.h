/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * All connections, and how they are shared out.
 *
 * While there is room, a user may have many. Once there is none, a user with
 * fewer connections than another gets one of that other's: of the user with
 * the most, an idle one goes before a busy one, and of those the one that was
 * quiet for the longest. So a user who takes all there is shuts out nobody but
 * himself. Some are root's alone.
 *
 * There is one timer for all of them, which runs while it is the turn of any
 * peer, so that an idle daemon sleeps.
 */
#pragma once

#include "daemon/linger.h"
#include "daemon/session.h"

struct sessions {
	struct session_host host;
	struct session **list;
	size_t n;
	struct users users;
	struct lingers lingers;
	sd_event_source *timer; /* NULL: nothing to wait for */
	bool full; /* said already */
};

/* @ss is not to be moved from here on. */
void sessions_init(struct sessions *ss, sd_event *event, struct broker *broker,
		   const struct allowance *allowance);
void sessions_done(struct sessions *ss);

/* Takes @fd over. 0, also when it was refused for want of room, or -errno. */
int sessions_add(struct sessions *ss, int fd);
