/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What clients may take of the daemon. */
#pragma once

#include <stdint.h>

struct allowance {
	unsigned int sessions; /* connections in all */
	unsigned int sessions_of_root; /* of them, the ones that only root gets */
	unsigned int sessions_of_user;
	/*
	 * Descriptors that a user's connections left unread. The kernel counts
	 * them against the daemon, whoever does not read them, and refuses it to
	 * send any more once they are as many as it may have open.
	 */
	unsigned int unread_of_user;
	uint64_t patience_usec; /* with a peer whose turn it is */
};

extern const struct allowance allowance_default;
