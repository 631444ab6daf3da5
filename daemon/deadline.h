/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Buffers whose holders were given notice, and what happens when their time is up. */
#pragma once

#include "daemon/broker.h"

/* The longest grace that can be given: a week. */
#define GRACE_MAX_USEC (7LL * 24 * 3600 * 1000000)

/* When the driver could not do what was due, it is asked again this much later. */
#define DEADLINE_RETRY_USEC 1000000U

/* Sets the one timer there is to the earliest deadline; to be called when one came or went. */
void broker_arm(struct broker *b);

/* Revokes what is due at @now, CLOCK_BOOTTIME in microseconds. */
void broker_revoke_due(struct broker *b, uint64_t now);
