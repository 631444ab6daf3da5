/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/tell.h"
#include "daemon/watch.h"

void tell_granted(struct broker *b, const struct peer *who, const struct lease *l)
{
	b->metrics.leases++;
	b->metrics.bytes += l->size;
	audit_granted(&b->audit, who, l);
	watch_lease(b, "leaseGranted", l);
}

void tell_revoked(struct broker *b, const struct peer *who, const struct lease *l,
		  enum audit_end why)
{
	counters_add(&b->metrics.revocations, audit_end_name(why), 1);
	audit_revoked(&b->audit, who, l, why);
	watch_lease_state(b, l, why);
}

void tell_ended(struct broker *b, const struct lease *l)
{
	b->metrics.leases_ended++;
	watch_lease(b, "leaseEnded", l);
}
