/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Revoke: which leases are meant, and what is done to them. Callers who may
 * not administer mean their own, whatever they name: another's lease is, to
 * them, one that does not exist.
 */
#include <errno.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/json.h"
#include "common/log.h"
#include "common/pci.h"
#include "common/varlink.h"
#include "daemon/deadline.h"
#include "daemon/follow.h"
#include "daemon/recovery.h"
#include "daemon/refuse.h"
#include "daemon/tell.h"

struct revocation {
	struct broker *broker;
	const struct peer *who;
	struct answer *answer;

	/* One of these says which. */
	const char *lease;
	const char *tenant;
	const char *region;
	bool all;

	struct p2pmem_pci_address provider; /* with @region */
	int64_t grace;
	uint64_t now;
	int64_t count;
	int driver_error; /* the first */
	int state_error; /* likewise */
};

/* ---- which ----------------------------------------------------------- */

static const char *parse(struct json_object *parameters, struct revocation *v)
{
	const struct json_field fields[] = {
		{ "lease", JSON_STRING, false, &v->lease },
		{ "tenant", JSON_STRING, false, &v->tenant },
		{ "region", JSON_STRING, false, &v->region },
		{ "all", JSON_BOOL, false, &v->all },
		{ "graceUSec", JSON_INT, false, &v->grace },
		{},
	};
	const char *bad;

	if (json_read(parameters, fields, true, &bad) < 0)
		return bad;
	if (v->grace < 0 || v->grace > GRACE_MAX_USEC)
		return "graceUSec";
	return !!v->lease + !!v->tenant + !!v->region + v->all == 1 ? NULL : "lease";
}

static bool may_end(const struct revocation *v, const struct lease *l)
{
	return policy_may_see(&v->broker->policy, v->who, l->uid, &l->borrower);
}

static bool is_meant(const struct revocation *v, const struct lease *l)
{
	if (!may_end(v, l))
		return false;
	if (v->tenant)
		return strcmp(v->tenant, l->tenant) == 0;
	if (v->region)
		return pci_address_equal(&v->provider, &l->provider);
	return v->all;
}

/* ---- what is done ---------------------------------------------------- */

/* The deadline is on record before the holder hears of it. A nearer one stays. */
static bool record_deadline(struct revocation *v, struct lease *l)
{
	uint64_t at = v->now + (uint64_t)v->grace, before = l->revoke_at;
	int r;

	if (l->revoke_at && l->revoke_at <= at)
		return true;
	l->revoke_at = at;
	r = broker_record(v->broker, l);
	if (r < 0) {
		l->revoke_at = before;
		v->state_error = r;
	}
	return r == 0;
}

static void revoke_lease(struct revocation *v, struct lease *l)
{
	const struct region_driver *d = v->broker->driver;
	bool notice = v->grace > 0;
	uint64_t before = l->revoke_at;
	int r;

	if (l->state >= P2PMEM_STATE_REVOKED || (notice && !record_deadline(v, l)))
		return;
	if (notice && l->state == P2PMEM_STATE_NOTICE && l->revoke_at == before)
		return;
	r = d->ops->revoke(d->data, l->buffer, notice);
	if (r < 0) {
		/* Closed meanwhile: the event is on its way. */
		if (r != -ENOENT)
			v->driver_error = r;
		return;
	}
	lease_advance(l, notice ? P2PMEM_STATE_NOTICE : P2PMEM_STATE_REVOKED);
	tell_revoked(v->broker, v->who, l, notice ? AUDIT_NOTICE : AUDIT_REVOKED);
	v->count++;
}

static int revoke_one(struct revocation *v)
{
	uint8_t cookie[P2PMEM_COOKIE_SIZE];
	struct lease *l = NULL;

	if (lease_id_parse(v->lease, cookie))
		l = leases_find(&v->broker->leases, cookie);
	if (!l || !may_end(v, l))
		return answer_error_strings(v->answer, BROKER_INTERFACE ".NoSuchLease", "lease",
					    v->lease, NULL, NULL);
	revoke_lease(v, l);
	return 0;
}

static int revoke_meant(struct revocation *v)
{
	if (v->region) {
		int r = find_region(v->broker, v->region, &v->provider, v->answer);

		if (r < 0 || v->answer->error)
			return r;
	}
	for (struct lease *l = v->broker->leases.first; l; l = l->next)
		if (is_meant(v, l))
			revoke_lease(v, l);
	return 0;
}

static int conclude(struct revocation *v)
{
	struct answer *a = v->answer;

	broker_arm(v->broker);
	/* What nobody was using is free by now. */
	broker_follow(v->broker);
	if (a->error)
		return 0;
	if (v->state_error)
		return refuse_state(v->broker, v->state_error, a);
	if (v->driver_error)
		return refuse_driver(v->broker, v->driver_error, a);
	a->parameters = json_object_new_object();
	return a->parameters ? json_add_int(a->parameters, "leases", v->count) : -ENOMEM;
}

int broker_revoke(struct broker *b, const struct peer *who, struct json_object *parameters,
		  struct answer *ret)
{
	struct revocation v = { .broker = b, .who = who, .answer = ret, .now = broker_now() };
	const char *bad = parse(parameters, &v);
	int r;

	if (bad)
		return answer_invalid(ret, bad);
	r = broker_follow(b);
	if (r < 0)
		return refuse_driver(b, r, ret);
	r = v.lease ? revoke_one(&v) : revoke_meant(&v);
	return r < 0 ? r : conclude(&v);
}
