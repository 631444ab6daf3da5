/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What policy has to say of an allocation: of the peer before anything is
 * looked at, of each region that all devices reach, and of how much. Nothing
 * is charged here.
 */
#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/json.h"
#include "common/pci.h"
#include "daemon/allocate.h"
#include "daemon/drain.h"
#include "daemon/refusal.h"

int allocation_check_peer(struct allocation *a)
{
	if (policy_is_unlimited(a->who) || policy_names(&a->broker->policy, a->who))
		return 0;
	return allocation_stop(refuse_peer(a->broker, a->who, a->answer));
}

int allocation_name_devices(struct allocation *a)
{
	a->objects = calloc(a->n_devices + 1, sizeof(*a->objects));
	if (!a->objects)
		return -ENOMEM;
	for (size_t i = 0; i < a->n_devices; i++) {
		const struct topology_function *f = topology_find(a->view.topology, &a->devices[i]);

		a->objects[i] = (struct object){ a->devices[i], f ? f->serial : NULL };
	}
	return 0;
}

/* ---- regions --------------------------------------------------------- */

static int refuse_region(struct allocation *a, const struct topology_function *provider,
			 const struct candidate *c, const char *reason, const char *remedy)
{
	_cleanup_json_ struct json_object *o = json_object_new_object();
	char name[REGION_NAME_MAX], address[PCI_ADDRESS_MAX];

	if (!o || json_add_string(o, "region", region_name(c->region, provider, name)) < 0 ||
	    json_add_string(o, "provider", pci_address_format(&provider->address, address)) < 0 ||
	    json_add_string(o, "verdict", verdict_name(c->verdict)) < 0 ||
	    json_add_string(o, "reason", reason) < 0 || json_add_string(o, "remedy", remedy) < 0 ||
	    json_append(a->refusals, take_ptr(o)) < 0)
		return -ENOMEM;
	return ALLOCATION_REFUSED;
}

/* Is it the region, or a device? The last rule that names the peer says it best. */
static int refuse_uncovered(struct allocation *a, const struct topology_function *provider,
			    const struct candidate *c, const struct policy_question *q)
{
	const struct policy *p = &a->broker->policy;
	bool region = true;

	for (size_t i = 0; i < p->n; i++)
		if (policy_try(&p->rules[i], q) == RULE_OTHER_DEVICE)
			region = false;
	return refuse_region(
		a, provider, c,
		region ? "policy: no rule that names you covers this region" :
			 "policy: no rule that names you covers this region for all the devices",
		"Have an administrator add it to a rule; p2pmemctl policy test says what each rule "
		"is passed over for.");
}

static int refuse_verdict(struct allocation *a, const struct topology_function *provider,
			  const struct candidate *c, const struct policy_rule *rule)
{
	char reason[160];

	snprintf(reason, sizeof(reason), "policy: rule %s lends it at verdict %s or better",
		 rule->name, verdict_name(rule->min_verdict));
	return refuse_region(a, provider, c, reason,
			     "Use devices behind the same switch, or have an administrator lower "
			     "\"minVerdict\" in the rule.");
}

int allocation_grant(struct allocation *a, const struct topology_function *provider,
		     const struct grant_pool *pool, struct candidate *c)
{
	const struct policy_question q = {
		.who = a->who,
		.region = { provider->address, provider->serial },
		.devices = a->objects,
		.n_devices = a->n_devices,
	};
	const struct broker *b = a->broker;
	const struct policy_rule *rule = NULL;

	if (drains_have(b, &provider->address))
		return refuse_region(a, provider, c,
				     "the region is drained: its device is to be taken out",
				     "Use other devices, or have an administrator lend from it "
				     "again (p2pmemctl undrain).");
	if (!policy_is_unlimited(a->who)) {
		rule = policy_decide(&b->policy, &q);
		if (!rule)
			return refuse_uncovered(a, provider, c, &q);
		if (c->verdict < rule->min_verdict)
			return refuse_verdict(a, provider, c, rule);
	}
	grant_new(&b->policy, &b->accounts, rule, a->who, &provider->address, provider->serial,
		  pool, &c->grant);
	return 0;
}

/* ---- sizes ----------------------------------------------------------- */

/* In steps of which the driver allocates: 4 KiB here, 64 KiB on some machines. */
static uint64_t page_size(void)
{
	return (uint64_t)sysconf(_SC_PAGESIZE);
}

/* What a candidate may be asked for: all of it, or as much as is allowed. */
static uint64_t most_of(const struct allocation *a, const struct candidate *c)
{
	uint64_t most = grant_most(&c->grant, &a->broker->accounts);
	uint64_t page = page_size();

	return most >= a->request.size ? a->request.size : most / page * page;
}

static const struct candidate *most_promising(const struct allocation *a)
{
	const struct candidate *best = &a->candidates[0];

	for (size_t i = 1; i < a->n_candidates; i++)
		if (a->candidates[i].most > best->most)
			best = &a->candidates[i];
	return best;
}

int allocation_check_quota(struct allocation *a)
{
	const struct candidate *best;
	struct shortage shortage;
	char name[REGION_NAME_MAX];

	for (size_t i = 0; i < a->n_candidates; i++)
		a->candidates[i].most = most_of(a, &a->candidates[i]);
	best = most_promising(a);
	if (best->most >= a->request.min_size)
		return 0;
	grant_is_short(&best->grant, &a->broker->accounts, a->request.min_size, &shortage);
	return allocation_stop(refuse_quota(&best->grant, region_name(best->region, NULL, name),
					    &shortage, a->answer));
}

uint64_t allocation_first_length(const struct allocation *a)
{
	return most_promising(a)->most;
}

/* Free room is in pieces, so where it does not do as a whole, half of it is tried, and so on. */
uint64_t allocation_next_length(const struct allocation *a, uint64_t length)
{
	uint64_t least = a->request.min_size, page = page_size();
	uint64_t next = length / 2 / page * page;

	for (size_t i = 0; i < a->n_candidates; i++) {
		const struct candidate *c = &a->candidates[i];
		uint64_t fits = (c->free < c->most ? c->free : c->most) / page * page;

		if (fits < length && fits > next)
			next = fits;
	}
	return next > least ? next : least;
}
