/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What policy and quotas refuse, in the words of the protocol. */
#pragma once

#include "daemon/broker.h"
#include "daemon/grant.h"

/* NotPermitted: no rule lets @who have memory. */
int refuse_peer(const struct broker *b, const struct peer *who, struct answer *ret);

/* NotPermitted: it takes an administrator. */
int refuse_no_administrator(struct answer *ret);

/* QuotaExceeded. */
int refuse_quota(const struct grant *g, const char *region, const struct shortage *s,
		 struct answer *ret);
