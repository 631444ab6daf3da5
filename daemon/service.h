/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which methods there are, and what every call is held to before it reaches one. */
#pragma once

#include "common/varlink.h"
#include "daemon/broker.h"

/* 0 with an answer, or -errno. */
int service_call(struct broker *b, const struct peer *who, const struct varlink_call *call,
		 struct answer *ret);

/* May the answer have a descriptor beside it? */
bool service_lends(const char *method);
