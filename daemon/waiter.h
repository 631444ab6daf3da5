/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A call that is answered later. The connection has the waiter, and lends it
 * to what works on the call, which links it into a list of its own, delivers
 * answers, and takes it out after the last one. Calls behind it on the same
 * connection wait; other connections do not.
 *
 * Either end may go first: a connection that ends calls @forget, whoever ends
 * the work delivers a last answer.
 */
#pragma once

#include "daemon/answer.h"

struct waiter {
	/*
	 * Set by the connection. Takes what is in @a; frees neither itself nor the connection.
	 * False: it was left out, as the caller does not read what it was sent before; never of
	 * the last one.
	 */
	bool (*deliver)(struct waiter *w, struct answer *a, bool last);
	bool more; /* the caller wants to hear how it goes on */

	/* Set by what works on the call. */
	struct waiter *next;
	void (*forget)(struct waiter *w, void *userdata);
	/* After something was left out, it has read all; NULL: that is no matter. May deliver. */
	void (*room)(struct waiter *w, void *userdata);
	void *userdata;
};
