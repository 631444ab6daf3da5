/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <string.h>

#include "common/array.h"
#include "common/cleanup.h"
#include "common/json.h"
#include "common/pci.h"
#include "common/varlink.h"
#include "daemon/allocate.h"
#include "topology/scan.h"

static bool is_asked_for(const struct request *q, const struct p2pmem_region_info *region,
			 const struct topology_function *provider)
{
	struct p2pmem_pci_address address;
	char name[REGION_NAME_MAX];

	if (!q->region || strcmp(q->region, region_name(region, provider, name)) == 0)
		return true;
	return pci_address_parse(q->region, &address) == 0 &&
	       pci_address_equal(&address, &provider->address);
}

/* Notes why a pair does not do. */
static int refuse_pair(struct allocation *a, struct judgement *j)
{
	int r;

	if (j->pair.verdict >= P2PMEM_VERDICT_BRIDGE) {
		reason_done(&j->reason);
		r = reason_below_minimum(j->pair.verdict, a->request.min_verdict, &j->reason);
		judgement_use_reason(j);
		if (r < 0)
			return r;
	}
	return json_append(a->refusals, describe_refusal(&j->pair));
}

static int judge_device(struct allocation *a, const struct topology_function *provider,
			const struct topology_function *client, struct candidate *c, bool *ret_fits)
{
	_cleanup_(judgement_done) struct judgement j = {};
	int r = view_judge(&a->view, provider, client, &j);

	if (r < 0)
		return r;
	if (j.pair.verdict < a->request.min_verdict || j.pair.distance < 0) {
		*ret_fits = false;
		return refuse_pair(a, &j);
	}
	c->distance += (unsigned int)j.pair.distance;
	if (j.pair.verdict < c->verdict)
		c->verdict = j.pair.verdict;
	return 0;
}

/* All devices with one region. Every pair is asked, so that a refusal names them all. */
static int judge_region(struct allocation *a, const struct topology_function *provider,
			struct candidate *c, bool *ret_fits)
{
	bool fits = true;
	int r = 0;

	for (size_t i = 0; r == 0 && i < a->n_devices; i++)
		r = judge_device(a, provider, topology_find(a->view.topology, &a->devices[i]), c,
				 &fits);
	*ret_fits = fits;
	return r;
}

static int consider(struct allocation *a, const struct topology_function *provider,
		    const struct p2pmem_region_info *region)
{
	struct candidate c = { .region = region, .verdict = P2PMEM_VERDICT_BUS };
	uint64_t size;
	bool fits;
	int r = judge_region(a, provider, &c, &fits);

	if (r < 0 || !fits)
		return r;
	/* Only for the order: whether there is room is seen when it is taken. */
	if (topology_pool(&a->broker->sysfs, &provider->address, &size, &c.free) < 0)
		c.free = 0;
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

int allocation_find_candidates(struct allocation *a)
{
	bool asked_for = false;
	int r = 0;

	a->refusals = json_object_new_array();
	if (!a->refusals)
		return -ENOMEM;
	for (size_t i = 0; r == 0 && i < a->view.topology->n_functions; i++) {
		const struct topology_function *f = a->view.topology->functions[i];
		const struct p2pmem_region_info *region = view_region(&a->view, f);

		if (!region || !is_asked_for(&a->request, region, f))
			continue;
		asked_for = true;
		r = consider(a, f, region);
	}
	if (r < 0)
		return r;
	if (a->request.region && !asked_for)
		return allocation_stop(
			answer_error_strings(a->answer, BROKER_INTERFACE ".NoSuchRegion", "region",
					     a->request.region, NULL, NULL));
	candidates_sort(a->candidates, a->n_candidates);
	return a->n_candidates > 0 ? 0 : refuse_incompatible(a);
}
