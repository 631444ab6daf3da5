/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Drain and Undrain: who may, what is meant, and what is answered. */
#include <errno.h>

#include "common/json.h"
#include "common/log.h"
#include "common/pci.h"
#include "common/varlink.h"
#include "daemon/audit.h"
#include "daemon/deadline.h"
#include "daemon/drain_work.h"
#include "daemon/follow.h"
#include "daemon/refuse.h"
#include "daemon/watch_regions.h"

/* On record before any holder hears of it. A nearer end stays. */
static int begin(struct broker *b, const struct p2pmem_pci_address *provider, uint64_t revoke_at,
		 struct drain **ret)
{
	struct drain *d = drain_find(b, provider);
	bool is_new = !d;
	uint64_t before = d ? d->revoke_at : 0;
	int r = is_new ? drain_add(b, provider, &d) : 0;

	if (r < 0)
		return r;
	if (!before || revoke_at < before)
		d->revoke_at = revoke_at;
	d->noticed = d->noticed && before;
	r = drain_save(b, d);
	if (r < 0 && is_new)
		drain_take_out(b, d);
	else if (r < 0)
		d->revoke_at = before;
	*ret = d;
	return r;
}

static int drain(struct broker *b, const struct peer *who, struct drain *d, struct answer *ret)
{
	struct rest rest;
	int r;

	audit_drain(who, &d->provider, AUDIT_DRAIN_BEGUN);
	watch_regions_touch(b, false);
	r = drain_step(b, d, &rest);
	/* What nobody was using is free by now. */
	if (r == 0)
		r = broker_follow(b);
	if (r == 0)
		r = drain_step(b, d, &rest);
	broker_arm(b);
	if (r < 0)
		return refuse_driver(b, r, ret);
	drain_tell(d, &rest);
	if (rest.buffers == 0 || !ret->waiter)
		return drain_describe(d, &rest, ret);
	drain_wait(d, ret);
	return 0;
}

int broker_drain(struct broker *b, const struct peer *who, struct json_object *parameters,
		 struct answer *ret)
{
	const char *region, *bad;
	int64_t grace = 0;
	const struct json_field fields[] = {
		{ "region", JSON_STRING, true, &region },
		{ "graceUSec", JSON_INT, false, &grace },
		{},
	};
	struct p2pmem_pci_address provider;
	struct drain *d;
	int r;

	if (json_read(parameters, fields, true, &bad) < 0)
		return answer_invalid(ret, bad);
	if (grace < 0 || grace > GRACE_MAX_USEC)
		return answer_invalid(ret, "graceUSec");
	if (!policy_may_administer(&b->policy, who))
		return refuse_stranger(ret);
	r = find_region(b, region, &provider, ret);
	if (r < 0 || ret->error)
		return r;
	r = begin(b, &provider, broker_now() + (uint64_t)grace, &d);
	return r < 0 ? refuse_state(b, r, ret) : drain(b, who, d, ret);
}

/* A device that was taken out is known by its address only. */
static int find_drained(struct broker *b, const char *region, struct p2pmem_pci_address *ret,
			struct answer *answer)
{
	if (pci_address_parse(region, ret) == 0 && drain_find(b, ret))
		return 0;
	return find_region(b, region, ret, answer);
}

static int undrain(struct broker *b, const struct peer *who, struct drain *d, struct answer *ret)
{
	char address[PCI_ADDRESS_MAX];
	int r = state_remove(b->state, STATE_DRAINS, pci_address_format(&d->provider, address));

	if (r < 0)
		return refuse_state(b, r, ret);
	audit_drain(who, &d->provider, AUDIT_DRAIN_ENDED);
	watch_regions_touch(b, false);
	drain_tell_undrained(d);
	drain_take_out(b, d);
	broker_arm(b);
	return 0;
}

int broker_undrain(struct broker *b, const struct peer *who, struct json_object *parameters,
		   struct answer *ret)
{
	const char *region, *bad;
	const struct json_field fields[] = { { "region", JSON_STRING, true, &region }, {} };
	struct p2pmem_pci_address provider;
	struct drain *d;
	int r;

	if (json_read(parameters, fields, true, &bad) < 0)
		return answer_invalid(ret, bad);
	if (!policy_may_administer(&b->policy, who))
		return refuse_stranger(ret);
	r = find_drained(b, region, &provider, ret);
	if (r < 0 || ret->error)
		return r;
	d = drain_find(b, &provider);
	/* What is lent from is what was asked for. */
	return d ? undrain(b, who, d, ret) : 0;
}
