/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Numbers as the protocol has them. */
#pragma once

#include "daemon/broker.h"

/* [Count] and [LatencyBucket]; NULL when memory is short. */
struct json_object *describe_counters(const struct counters *c);
struct json_object *describe_histogram(const struct histogram *h);

/* [TenantUse], of all tenants. */
struct json_object *describe_tenants(const struct accounts *a);

/* [Count] of leases by state. */
struct json_object *describe_states(const struct leases *ls);
