/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What is left of a connection that ended with a descriptor on its way: the
 * peer may leave it where it is for as long as it keeps its end open, and it
 * counts against the daemon and the user until then. So the socket is kept,
 * shut down, and the kernel says when the descriptor is gone.
 */
#pragma once

#include <systemd/sd-event.h>

#include "daemon/user.h"

struct linger;

struct lingers {
	sd_event *event; /* borrowed */
	struct users *users; /* likewise */
	void (*taken)(struct user *u, void *userdata);
	void *userdata;
	struct linger *first;
	size_t n;
};

/* Takes over @fd and one unread descriptor of @u's. */
int lingers_add(struct lingers *ls, int fd, struct user *u);
void lingers_done(struct lingers *ls);
