/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * GetMetrics: what was counted, and what there is now. Who holds how much is
 * for administrators; how much is held is for everybody.
 */
#include "common/cleanup.h"
#include "common/json.h"
#include "daemon/describe_metrics.h"
#include "daemon/drain.h"

/* The same objects as ListRegions tells one by one. */
static struct json_object *regions_new(struct broker *b)
{
	_cleanup_(answer_done) struct answer a = ANSWER_INIT;
	_cleanup_json_ struct json_object *list = json_object_new_array();
	int r = list ? broker_list_regions(b, &a) : -ENOMEM;
	size_t n = a.list ? json_object_array_length(a.list) : 0;

	for (size_t i = 0; r == 0 && i < n; i++) {
		struct json_object *o = json_object_array_get_idx(a.list, i);

		r = json_append(list, json_object_get(json_object_object_get(o, "region")));
	}
	return r < 0 ? NULL : take_ptr(list);
}

static int add_counted(struct json_object *o, const struct metrics *m)
{
	if (json_add_int(o, "leasesGranted", (int64_t)m->leases) < 0 ||
	    json_add_int(o, "leasesEnded", (int64_t)m->leases_ended) < 0 ||
	    json_add_int(o, "bytesGranted", (int64_t)m->bytes) < 0 ||
	    json_add(o, "requests", describe_counters(&m->requests)) < 0 ||
	    json_add(o, "refusals", describe_counters(&m->refusals)) < 0 ||
	    json_add(o, "revocations", describe_counters(&m->revocations)) < 0 ||
	    json_add_int(o, "connectionsAccepted", (int64_t)m->connections) < 0 ||
	    json_add(o, "disconnections", describe_counters(&m->disconnections)) < 0 ||
	    json_add(o, "latency", describe_histogram(&m->latency)) < 0 ||
	    json_add_int(o, "latencySumUSec", (int64_t)m->latency.sum_usec) < 0)
		return -ENOMEM;
	return 0;
}

static int add_present(struct json_object *o, struct broker *b, bool tenants)
{
	if (json_add(o, "regions", regions_new(b)) < 0 ||
	    json_add(o, "leases", describe_states(&b->leases)) < 0 ||
	    (tenants && json_add(o, "tenants", describe_tenants(&b->accounts)) < 0) ||
	    json_add_int(o, "policyRules", (int64_t)b->policy.n) < 0 ||
	    json_add_bool(o, "policyValid", b->policy_read && !b->policy_problem) < 0 ||
	    json_add_int(o, "policyLoads", (int64_t)b->policies) < 0)
		return -ENOMEM;
	return 0;
}

int broker_get_metrics(struct broker *b, const struct peer *who, struct answer *ret)
{
	_cleanup_json_ struct json_object *p = json_object_new_object();
	_cleanup_json_ struct json_object *o = json_object_new_object();

	if (!p || !o || json_add_string(o, "version", P2PMEM_VERSION) < 0 ||
	    add_present(o, b, policy_may_administer(&b->policy, who)) < 0 ||
	    add_counted(o, &b->metrics) < 0 || json_add(p, "metrics", take_ptr(o)) < 0)
		return -ENOMEM;
	ret->parameters = take_ptr(p);
	return 0;
}
