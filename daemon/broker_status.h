/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The line on the daemon's state that the service manager shows, and when it is another one. */
#pragma once

#include "daemon/broker.h"

/* What the line depends on, beside devices. Comparable by memory. */
struct broker_status_key {
	size_t leases;
	size_t drains;
	size_t policies; /* that were read, or could not be */
};

void broker_status_key(const struct broker *b, struct broker_status_key *ret);

/* What there is to lend, or why there is nothing: @ret_driver is 0, or why the driver is of no use. */
int broker_status(struct broker *b, char *text, size_t size, int *ret_driver);

/* What asking the driver comes to now: 0, or the error. */
int broker_ask_driver(struct broker *b);
