/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What happens to leases is told from here to all who keep an account of it:
 * the journal, the metrics, and those who monitor.
 */
#pragma once

#include "daemon/broker.h"

void tell_granted(struct broker *b, const struct peer *who, const struct lease *l);

/* Its state, or that it will change, is @why; see audit_revoked(). */
void tell_revoked(struct broker *b, const struct peer *who, const struct lease *l,
		  enum audit_end why);

/* Its memory is free. */
void tell_ended(struct broker *b, const struct lease *l);
