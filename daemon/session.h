/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One connection: takes calls off its stream one at a time, and queues the
 * replies. A session belongs to its host, whom it tells when it has ended,
 * upon which the host frees it. It never blocks the loop, and does one call
 * between two rounds of it. While a peer does not read its replies, its calls
 * wait; only what is in hand is kept for it.
 */
#pragma once

#include <systemd/sd-event.h>

#include "daemon/broker.h"

struct session;

struct session_host {
	sd_event *event;
	struct broker *broker;
	void (*ended)(struct session *s, void *userdata);
	void *userdata;
};

/* Takes @fd over, also on failure. @host has to outlive the session. */
int session_new(const struct session_host *host, int fd, struct session **ret);
struct session *session_free(struct session *s);

const struct peer *session_peer(const struct session *s);
