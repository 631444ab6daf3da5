/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>

#include "common/array.h"
#include "common/cleanup.h"
#include "common/json.h"
#include "common/pci.h"
#include "common/varlink.h"
#include "daemon/allocate.h"
#include "topology/scan.h"

/* Good enough to lend on: nothing but the kernel's own word is. */
static bool is_good(const struct allocation *a, const struct judgement *j)
{
	return j->from_kernel && j->verdict.distance >= 0 &&
	       j->verdict.verdict >= P2PMEM_VERDICT_BRIDGE &&
	       j->verdict.verdict >= a->request.min_verdict;
}

/* Notes why a pair does not do. */
static int refuse_pair(struct allocation *a, struct judgement *j)
{
	int r = 0;

	if (j->verdict.verdict >= P2PMEM_VERDICT_BRIDGE) {
		reason_done(&j->reason);
		r = reason_below_minimum(j->verdict.verdict, a->request.min_verdict, &j->reason);
	}
	return r < 0 ? r :
		       json_append(a->refusals,
				   describe_refusal(j, view_region(&a->view, j->provider)));
}

static int judge_pair(struct allocation *a, const struct topology_function *provider,
		      const struct p2pmem_pci_address *device, struct candidate *c, bool *ret_fits)
{
	_cleanup_(judgement_done) struct judgement j = {};
	int r = view_judge(&a->view, provider, topology_find(a->view.topology, device), &j);

	if (r < 0)
		return r;
	if (!is_good(a, &j)) {
		*ret_fits = false;
		return refuse_pair(a, &j);
	}
	c->distance += (unsigned int)j.verdict.distance;
	if (j.verdict.verdict < c->verdict)
		c->verdict = j.verdict.verdict;
	return 0;
}

/* All devices with one region. Every pair is asked, so that a refusal names them all. */
static int judge_region(struct allocation *a, const struct topology_function *provider,
			struct candidate *c, bool *ret_fits)
{
	int r = 0;

	*ret_fits = true;
	for (size_t i = 0; r == 0 && i < a->n_devices; i++)
		r = judge_pair(a, provider, &a->devices[i], c, ret_fits);
	return r;
}

static int consider(struct allocation *a, const struct topology_function *provider,
		    const struct p2pmem_region_info *region)
{
	struct candidate c = { .region = region, .verdict = P2PMEM_VERDICT_BUS };
	struct grant_pool pool;
	bool fits;
	int r = judge_region(a, provider, &c, &fits);

	if (r < 0 || !fits)
		return r;
	/* For the order and the limits: whether there is room is seen when it is taken. */
	if (pools_read(&a->broker->pools, &a->broker->sysfs, &provider->address, &pool.size,
		       &pool.free) < 0)
		pool = (struct grant_pool){};
	c.free = pool.free;
	r = allocation_grant(a, provider, &pool, &c);
	if (r != 0)
		return r == ALLOCATION_REFUSED ? 0 : r;
	return array_push(a->candidates, a->n_candidates, c);
}

static int refuse_incompatible(struct allocation *a)
{
	_cleanup_json_ struct json_object *p = json_object_new_object();
	size_t n = json_object_array_length(a->refusals);

	if (!p || json_add(p, "refusals", take_ptr(a->refusals)) < 0)
		return -ENOMEM;
	if (n == 0 &&
	    json_add_string(p, "remedy",
			    "No PCI device here has peer-to-peer memory that the kernel "
			    "knows, such as an NVMe drive with a controller memory buffer.") < 0)
		return -ENOMEM;
	return allocation_stop(
		answer_error(a->answer, BROKER_INTERFACE ".NoCompatibleRegion", take_ptr(p)));
}

static int refuse_region(struct allocation *a)
{
	return allocation_stop(answer_error_strings(a->answer, BROKER_INTERFACE ".NoSuchRegion",
						    "region", a->request.region, NULL, NULL));
}

/* All that the driver has, or the one that was asked for. */
static int consider_all(struct allocation *a, const struct topology_function *only)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < a->view.topology->n_functions; i++) {
		const struct topology_function *f = a->view.topology->functions[i];
		const struct p2pmem_region_info *region = view_region(&a->view, f);

		if (region && (!only || only == f))
			r = consider(a, f, region);
	}
	return r;
}

int allocation_find_candidates(struct allocation *a)
{
	const struct topology_function *only = NULL;
	struct survey s;
	int r;

	a->refusals = json_object_new_array();
	if (!a->refusals)
		return -ENOMEM;
	view_survey(&a->view, &s);
	if (a->request.region) {
		only = survey_find_region(&s, a->request.region);
		if (!only || !view_region(&a->view, only))
			return refuse_region(a);
	}
	r = consider_all(a, only);
	if (r < 0)
		return r;
	candidates_sort(a->candidates, a->n_candidates);
	return a->n_candidates > 0 ? 0 : refuse_incompatible(a);
}
