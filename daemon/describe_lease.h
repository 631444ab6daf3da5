/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The object Lease of the protocol. */
#pragma once

#include <json-c/json.h>

#include "daemon/lease.h"

/* @now: CLOCK_MONOTONIC in microseconds. NULL when memory is short. */
struct json_object *describe_lease(const struct lease *l, uint64_t now);

/* The protocol's word for it. */
const char *lease_state_name(enum p2pmem_state s);
