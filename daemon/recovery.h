/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What an earlier daemon lent. */
#pragma once

#include "daemon/broker.h"

/*
 * Takes over the leases that have a record and a buffer, drops records without
 * a buffer, and revokes buffers of this daemon's without a record. To be
 * called when the driver is reached, after its events have begun to be kept.
 */
int broker_recover(struct broker *b);

/* Writes the record of @l, which has no buffer yet or goes on; what was there is replaced. */
int broker_record(struct broker *b, const struct lease *l);
