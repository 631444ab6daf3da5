/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Leases follow what the driver tells. Its events are taken when they come,
 * and before anything is decided by what is lent.
 *
 * An open queue of events keeps the module from being unloaded. So while
 * nothing is lent and no region is being emptied, there is none: what would be
 * told then is not about leases, and regions are asked for with each request.
 */
#pragma once

#include "daemon/broker.h"

/*
 * Takes the driver's events; the first time, finds out what earlier daemons
 * lent. -errno: the driver cannot be reached, and nothing is known of leases.
 */
int broker_follow(struct broker *b);

/* The same, and asks for all buffers: that nobody has one any more is no event. */
int broker_look(struct broker *b);

/* Lets go of the driver. The leases stay, and are looked at when it is reached again. */
void broker_unfollow(struct broker *b);

/* A lease's buffer is free, and so ends the lease and its record. */
void broker_end_lease(struct broker *b, struct lease *l);
