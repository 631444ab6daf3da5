/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the journal is told of decisions: every lease that is granted, refused
 * or revoked, every drain, every policy, each with who asked and which rule
 * decided. A user who has that happen without end is told of by numbers after
 * a while (throttle.h); uid 0 is always told of one by one.
 */
#pragma once

#include <systemd/sd-event.h>

#include "daemon/answer.h"
#include "daemon/lease.h"
#include "daemon/throttle.h"
#include "policy/peer.h"

enum audit_kind {
	AUDIT_GRANTS,
	AUDIT_REFUSALS,
	AUDIT_REVOCATIONS,
	AUDIT_KINDS,
};

struct audit {
	struct throttle throttles[AUDIT_KINDS];
	sd_event *event; /* borrowed; NULL: numbers are told when the next thing happens */
	sd_event_source *timer; /* there while something was left out */
};

void audit_init(struct audit *a);
void audit_set_event(struct audit *a, sd_event *event);

/* Tells what was left out so far. */
void audit_done(struct audit *a);

void audit_granted(struct audit *a, const struct peer *who, const struct lease *l);

/* If @answer to @method is an error of the broker's own, somebody was refused. */
void audit_refused(struct audit *a, const struct peer *who, const char *method,
		   const struct answer *answer);

/* Why a lease ends before its holder gives it back. */
enum audit_end {
	AUDIT_NOTICE, /* it will, after some grace */
	AUDIT_REVOKED, /* somebody asked for it */
	AUDIT_DEADLINE, /* the grace is over */
	AUDIT_DRAIN,
	AUDIT_BY_DRIVER, /* its device is gone, or somebody did it past the broker */
};

/* A word for it. */
const char *audit_end_name(enum audit_end why);

/* @who: whoever asked for it; NULL: nobody did, just now. */
void audit_revoked(struct audit *a, const struct peer *who, const struct lease *l,
		   enum audit_end why);

enum audit_drain {
	AUDIT_DRAIN_BEGUN,
	AUDIT_DRAIN_EMPTY,
	AUDIT_DRAIN_ENDED,
};

void audit_drain(const struct peer *who, const struct p2pmem_pci_address *provider,
		 enum audit_drain what);

/* @problem is what is wrong first, or NULL. */
void audit_policy_loaded(const struct peer *who, size_t rules);
void audit_policy_invalid(const struct peer *who, const char *problem, size_t mistakes,
			  bool had_one);
