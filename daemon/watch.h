/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Monitor: those who are told what happens, as it happens. A watch belongs to
 * the call that waits, and ends with its connection. It is told of the leases
 * that its caller may see at that time, and of regions, devices and policy.
 *
 * What a caller does not read is bounded by its connection. Events that find
 * no room are counted, and the number is told as soon as there is room again.
 *
 * While nobody watches, nothing of this costs anything.
 */
#pragma once

#include <systemd/sd-event.h>

#include "daemon/answer.h"
#include "daemon/audit.h"
#include "daemon/lease.h"

struct watch;

struct watches {
	struct watch *first;
	struct json_object *regions; /* what was told of them, by provider; NULL: nobody watches */
	bool devices; /* they may have changed, which was not told yet */
	sd_event_source *timer; /* there while something about regions may be to be told */
};

/* After the waiters, which let go of it, are gone. */
void watches_done(struct watches *ws);

/* It ended, or was granted. */
void watch_lease(struct broker *b, const char *kind, const struct lease *l);

/* Its state changed, or will, for that reason. */
void watch_lease_state(struct broker *b, const struct lease *l, enum audit_end why);

/* The policy was read, well or not. */
void watch_policy(struct broker *b);

/* Takes over @event, to tell it to everybody who watches; NULL when memory is short. */
void watch_tell_all(struct broker *b, struct json_object *event);
