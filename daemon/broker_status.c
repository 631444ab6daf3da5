/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/cleanup.h"
#include "daemon/drain.h"
#include "daemon/broker_status.h"
#include "daemon/view.h"

void broker_status_key(const struct broker *b, struct broker_status_key *ret)
{
	*ret = (struct broker_status_key){
		.leases = b->leases.n,
		.drains = drains_count(b),
		.policies = b->policies,
	};
}

static size_t count_drained(const struct view *v)
{
	size_t n = 0;

	for (size_t i = 0; i < v->n_regions; i++)
		n += drains_have(v->broker, &v->regions[i].provider);
	return n;
}

static const char *plural(size_t n)
{
	return n == 1 ? "" : "s";
}

static void tell_regions(const struct view *v, char *text, size_t size)
{
	size_t drained = count_drained(v), leases = v->broker->leases.n;
	char note[32] = "";

	if (drained > 0)
		snprintf(note, sizeof(note), " (%zu drained)", drained);
	snprintf(text, size, "%zu region%s of peer-to-peer memory%s, %zu lease%s", v->n_regions,
		 plural(v->n_regions), note, leases, plural(leases));
}

static void tell_policy(const struct broker *b, char *text, size_t size)
{
	size_t rules = b->policy.n;

	if (b->policy_problem)
		snprintf(text, size, "%s: the policy is wrong: %s",
			 b->policy_read ? "Going by the policy as it was before" :
					  "Lending to root only",
			 b->policy_problem);
	else if (rules == 0)
		snprintf(text, size, "Lending to root only: the policy has no rules.");
	else
		snprintf(text, size, "%zu rule%s.", rules, plural(rules));
}

int broker_ask_driver(struct broker *b)
{
	struct p2pmem_region_info *regions = NULL;
	size_t n;
	int r = b->driver->ops->list_regions(b->driver->data, &regions, &n);

	free(regions);
	return r < 0 ? r : 0;
}

int broker_status(struct broker *b, char *text, size_t size, int *ret_driver)
{
	_cleanup_(view_done) struct view v = {};
	char regions[128], policy[512];
	int r = view_open(b, &v);

	if (r < 0)
		return r;
	*ret_driver = v.driver_error;
	tell_policy(b, policy, sizeof(policy));
	if (v.driver_error) {
		snprintf(text, size, "Cannot lend: %s.", v.driver_reason.why);
		return 0;
	}
	tell_regions(&v, regions, sizeof(regions));
	/* A mistake is a sentence of its own. */
	snprintf(text, size, "%s%s %s", regions, b->policy_problem || b->policy.n == 0 ? "." : ",",
		 policy);
	return 0;
}
