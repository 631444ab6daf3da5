/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A drain goes: on record, nothing is lent any more, holders get notice, their
 * time is up and everything of the region is revoked, the last transfer ends,
 * the region is empty. It goes on by itself; callers only wait for it, and may
 * come and go. All buffers are meant, those of others as well, since a device
 * is not to be taken out under anybody; what others allocate while it goes on
 * is revoked in turn.
 */
#include <errno.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/json.h"
#include "common/log.h"
#include "common/pci.h"
#include "common/varlink.h"
#include "daemon/deadline.h"
#include "daemon/drain.h"
#include "daemon/drain_record.h"
#include "daemon/follow.h"
#include "daemon/refuse.h"
#include "daemon/waiter.h"

struct drain {
	struct drain *next;
	struct p2pmem_pci_address provider;
	uint64_t revoke_at; /* CLOCK_BOOTTIME, microseconds; 0: it was empty since */
	bool due; /* that time has come */
	bool touched; /* look at it */
	struct waiter *waiters;
};

/* What is in use of a region. */
struct rest {
	int64_t buffers;
	int64_t bytes;
};

static struct drain *find(const struct broker *b, const struct p2pmem_pci_address *provider)
{
	for (struct drain *d = b->drains; d; d = d->next)
		if (pci_address_equal(&d->provider, provider))
			return d;
	return NULL;
}

bool drains_have(const struct broker *b, const struct p2pmem_pci_address *provider)
{
	return find(b, provider);
}

size_t drains_count(const struct broker *b)
{
	size_t n = 0;

	for (const struct drain *d = b->drains; d; d = d->next)
		n++;
	return n;
}

static int add(struct broker *b, const struct p2pmem_pci_address *provider, struct drain **ret)
{
	struct drain *d = calloc(1, sizeof(*d));

	if (!d)
		return -ENOMEM;
	d->provider = *provider;
	d->next = b->drains;
	b->drains = d;
	*ret = d;
	return 0;
}

static void take_out(struct broker *b, struct drain *d)
{
	struct drain **p = &b->drains;

	while (*p != d)
		p = &(*p)->next;
	*p = d->next;
	free(d);
}

void drains_done(struct broker *b)
{
	while (b->drains)
		take_out(b, b->drains);
}

uint64_t drains_deadline(const struct broker *b)
{
	uint64_t at = UINT64_MAX;

	for (const struct drain *d = b->drains; d; d = d->next)
		if (d->revoke_at && !d->due && d->revoke_at < at)
			at = d->revoke_at;
	return at;
}

/* ---- records --------------------------------------------------------- */

static int save(struct broker *b, const struct drain *d)
{
	_cleanup_free_ char *text = drain_record_format(d->revoke_at);
	char address[PCI_ADDRESS_MAX];

	if (!text)
		return -ENOMEM;
	return state_write(b->state, STATE_DRAINS, pci_address_format(&d->provider, address), text);
}

static int restore(const char *name, const char *text, size_t n, void *userdata)
{
	struct p2pmem_pci_address provider;
	char address[PCI_ADDRESS_MAX];
	uint64_t revoke_at;
	struct drain *d;
	int r;

	if (pci_address_parse(name, &provider) < 0 ||
	    strcmp(pci_address_format(&provider, address), name) != 0)
		return STATE_PUT_ASIDE;
	r = drain_record_parse(text, n, &revoke_at);
	if (r < 0)
		return r == -ENOMEM ? r : STATE_PUT_ASIDE;
	r = add(userdata, &provider, &d);
	if (r < 0)
		return r;
	d->revoke_at = revoke_at;
	log_info("The region of %s is drained: nothing is lent from it.", address);
	return STATE_KEEP;
}

int drains_restore(struct broker *b)
{
	return state_read(b->state, STATE_DRAINS, restore, b);
}

/* ---- whoever waits --------------------------------------------------- */

static int describe(const struct drain *d, const struct rest *rest, struct answer *ret)
{
	_cleanup_json_ struct json_object *p = json_object_new_object();
	char address[PCI_ADDRESS_MAX];

	if (!p || json_add_string(p, "provider", pci_address_format(&d->provider, address)) < 0 ||
	    json_add_int(p, "buffers", rest->buffers) < 0 ||
	    json_add_int(p, "bytes", rest->bytes) < 0 ||
	    json_add_bool(p, "safeToRemove", rest->buffers == 0) < 0)
		return -ENOMEM;
	ret->parameters = take_ptr(p);
	return 0;
}

static void forget(struct waiter *w, void *userdata)
{
	struct drain *d = userdata;
	struct waiter **p = &d->waiters;

	while (*p != w)
		p = &(*p)->next;
	*p = w->next;
}

static void wait_for(struct drain *d, struct answer *a)
{
	struct waiter *w = a->waiter;

	w->next = d->waiters;
	w->forget = forget;
	w->userdata = d;
	d->waiters = w;
	a->later = true;
}

/* Without memory for an answer the connection ends, which is one as well. */
static void tell(struct drain *d, const struct rest *rest)
{
	bool last = rest->buffers == 0;

	for (struct waiter *w = d->waiters, *next; w; w = next) {
		_cleanup_(answer_done) struct answer a = ANSWER_INIT;

		next = w->next;
		if (!last && !w->more)
			continue;
		w->deliver(w, describe(d, rest, &a) < 0 ? NULL : &a, last);
	}
	if (last)
		d->waiters = NULL;
}

static void tell_undrained(struct drain *d)
{
	char address[PCI_ADDRESS_MAX];

	pci_address_format(&d->provider, address);
	for (struct waiter *w = d->waiters, *next; w; w = next) {
		_cleanup_(answer_done) struct answer a = ANSWER_INIT;
		int r = answer_error_strings(&a, BROKER_INTERFACE ".Undrained", "provider", address,
					     NULL, NULL);

		next = w->next;
		w->deliver(w, r < 0 ? NULL : &a, true);
	}
	d->waiters = NULL;
}

/* ---- going on -------------------------------------------------------- */

static int look(struct broker *b, const struct drain *d, struct rest *ret)
{
	_cleanup_free_ struct p2pmem_region_info *regions = NULL;
	size_t n = 0;
	int r = b->driver->ops->list_regions(b->driver->data, &regions, &n);

	*ret = (struct rest){};
	for (size_t i = 0; i < n; i++)
		if (pci_address_equal(&regions[i].provider, &d->provider))
			*ret = (struct rest){
				.buffers = regions[i].buffers,
				.bytes = (int64_t)(regions[i].allocated + regions[i].draining),
			};
	return r;
}

/* All buffers of the region that @notice, or revocation, is news to. */
static int revoke_all(struct broker *b, const struct drain *d, bool notice)
{
	uint32_t before = notice ? P2PMEM_STATE_NOTICE : P2PMEM_STATE_REVOKED;
	_cleanup_free_ struct p2pmem_buffer_info *buffers = NULL;
	const struct region_driver *driver = b->driver;
	size_t n = 0;
	int r = driver->ops->list_buffers(driver->data, &buffers, &n);

	for (size_t i = 0; r == 0 && i < n; i++) {
		if (buffers[i].state >= before ||
		    !pci_address_equal(&buffers[i].provider, &d->provider))
			continue;
		r = driver->ops->revoke(driver->data, buffers[i].id, notice);
		if (r == -ENOENT)
			r = 0;
	}
	return r;
}

/* What was empty once is the business of whoever uses it then. */
static void conclude(struct broker *b, struct drain *d)
{
	char address[PCI_ADDRESS_MAX];
	int r;

	if (!d->revoke_at)
		return;
	d->revoke_at = 0;
	d->due = false;
	r = save(b, d);
	pci_address_format(&d->provider, address);
	if (r < 0)
		log_warning("Cannot record in %s that %s is empty: %s.", state_path(b->state),
			    address, strerror(-r));
	audit_drain(NULL, &d->provider, AUDIT_DRAIN_EMPTY);
}

static int step(struct broker *b, struct drain *d, struct rest *ret)
{
	int r;

	d->touched = false;
	d->due = d->revoke_at && (d->due || d->revoke_at <= broker_now());
	r = d->due ? revoke_all(b, d, false) : 0;
	if (r == 0)
		r = look(b, d, ret);
	if (r == 0 && ret->buffers == 0)
		conclude(b, d);
	return r;
}

void drains_touch(struct broker *b, const struct p2pmem_pci_address *provider)
{
	for (struct drain *d = b->drains; d; d = d->next)
		if (!provider || pci_address_equal(&d->provider, provider))
			d->touched = true;
}

void drains_step(struct broker *b)
{
	for (struct drain *d = b->drains; d; d = d->next) {
		char address[PCI_ADDRESS_MAX];
		struct rest rest;
		int r;

		if (!d->touched)
			continue;
		r = step(b, d, &rest);
		if (r < 0)
			log_error("Cannot go on draining %s: %s.",
				  pci_address_format(&d->provider, address), strerror(-r));
		else
			tell(d, &rest);
	}
}

/* ---- methods --------------------------------------------------------- */

/* On record before any holder hears of it. A nearer end stays. */
static int begin(struct broker *b, const struct p2pmem_pci_address *provider, uint64_t revoke_at,
		 struct drain **ret)
{
	struct drain *d = find(b, provider);
	bool is_new = !d;
	uint64_t before = d ? d->revoke_at : 0;
	int r = is_new ? add(b, provider, &d) : 0;

	if (r < 0)
		return r;
	if (!before || revoke_at < before)
		d->revoke_at = revoke_at;
	r = save(b, d);
	if (r < 0 && is_new)
		take_out(b, d);
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
	r = d->revoke_at > broker_now() ? revoke_all(b, d, true) : 0;
	if (r == 0)
		r = step(b, d, &rest);
	/* What nobody was using is free by now. */
	if (r == 0)
		r = broker_follow(b);
	if (r == 0)
		r = step(b, d, &rest);
	broker_arm(b);
	if (r < 0)
		return refuse_driver(b, r, ret);
	if (rest.buffers == 0 || !ret->waiter)
		return describe(d, &rest, ret);
	wait_for(d, ret);
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
	if (pci_address_parse(region, ret) == 0 && find(b, ret))
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
	tell_undrained(d);
	take_out(b, d);
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
	d = find(b, &provider);
	/* What is lent from is what was asked for. */
	return d ? undrain(b, who, d, ret) : 0;
}
