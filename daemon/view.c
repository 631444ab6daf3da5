/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "common/pci.h"
#include "daemon/diagnosis.h"
#include "daemon/disagreement.h"
#include "daemon/view.h"
#include "topology/allow_list.h"
#include "topology/scan.h"

/* More hops than most paths have; longer ones are asked for again. */
#define HOPS_FIRST 32U

static int refresh_topology(struct broker *b)
{
	struct topology t;
	int r;

	if (b->drain)
		b->drain(b->drain_userdata);
	if (b->topology_current && b->watched)
		return 0;
	broker_forget_sysfs(b);
	r = topology_scan(&b->sysfs, &t);
	if (r < 0)
		return r;
	topology_done(&b->topology);
	t.cpu.kernel = allow_list_kernel(b->release);
	b->topology = t;
	b->topology_current = true;
	return 0;
}

int view_open(struct broker *b, struct view *ret)
{
	struct view v = { .broker = b, .topology = &b->topology };
	int r = refresh_topology(b);

	if (r < 0)
		return r;
	r = b->driver->ops->list_regions(b->driver->data, &v.regions, &v.n_regions);
	if (r == -ENOMEM)
		return r;
	v.driver_error = r < 0 ? r : 0;
	if (r < 0) {
		r = diagnose_driver(&b->sysfs, r, &v.driver_reason);
		if (r < 0)
			return r;
	}
	*ret = v;
	return 0;
}

void view_done(struct view *v)
{
	free(v->regions);
	v->regions = NULL;
	reason_done(&v->driver_reason);
}

const struct p2pmem_region_info *view_region(const struct view *v,
					     const struct topology_function *provider)
{
	for (size_t i = 0; i < v->n_regions; i++)
		if (pci_address_equal(&v->regions[i].provider, &provider->address))
			return &v->regions[i];
	return NULL;
}

/* ---- the driver's word ----------------------------------------------- */

static int query_some(const struct region_driver *d, struct p2pmem_query *q, struct path *p,
		      uint32_t capacity)
{
	struct p2pmem_hop *hops = reallocarray(p->hops, capacity, sizeof(*hops));

	if (!hops)
		return -ENOMEM;
	p->hops = hops;
	q->hops = (uintptr_t)hops;
	q->hop_size = sizeof(*hops);
	q->hop_capacity = capacity;
	q->hop_count = 0;
	return d->ops->query(d->data, q);
}

/* Between the two requests the path may have become longer: then it is not used. */
static int query(const struct region_driver *d, struct p2pmem_query *q, struct path *ret)
{
	struct path p = {};
	int r = query_some(d, q, &p, HOPS_FIRST);

	if (r == 0 && q->hop_count > HOPS_FIRST && q->hop_count <= 2 * PATH_DEPTH_MAX + 2)
		r = query_some(d, q, &p, q->hop_count);
	if (r == 0 && q->hop_count <= q->hop_capacity)
		p.n_hops = q->hop_count;
	if (r < 0)
		path_done(&p);
	else
		*ret = p;
	return r;
}

static int type_of(uint32_t kind)
{
	switch (kind) {
	case P2PMEM_HOP_ROOT_PORT:
		return TOPOLOGY_TYPE_ROOT_PORT;
	case P2PMEM_HOP_UPSTREAM_PORT:
		return TOPOLOGY_TYPE_UPSTREAM;
	case P2PMEM_HOP_DOWNSTREAM_PORT:
		return TOPOLOGY_TYPE_DOWNSTREAM;
	default:
		return TOPOLOGY_TYPE_CONVENTIONAL;
	}
}

/*
 * The daemon may not read all of configuration space, and the driver can: what
 * it says of a function now is what the model goes by from here on.
 */
static void learn(struct topology *t, const struct path *p)
{
	for (size_t i = 0; i < p->n_hops; i++) {
		const struct p2pmem_hop *hop = &p->hops[i];
		struct topology_function *f = topology_find(t, &hop->address);

		if (!f || hop->kind == P2PMEM_HOP_HOST_BRIDGE)
			continue;
		if (f->type == TOPOLOGY_TYPE_UNKNOWN)
			f->type = type_of(hop->kind);
		f->acs.state = hop->flags & P2PMEM_HOP_ACS ? TOPOLOGY_ACS_PRESENT :
							     TOPOLOGY_ACS_ABSENT;
		f->acs.capability = hop->acs_capability;
		f->acs.control = hop->acs_control;
	}
}

static void put_verdict(const struct p2pmem_query *q, struct verdict *ret)
{
	ret->verdict = (enum p2pmem_verdict)q->verdict;
	ret->distance = q->distance;
	/* What a newer driver may say is not trusted. */
	if (q->verdict > P2PMEM_VERDICT_BUS)
		*ret = (struct verdict){ P2PMEM_VERDICT_UNKNOWN, -1 };
}

static int ask(const struct view *v, const struct topology_function *provider,
	       const struct topology_function *client, struct judgement *ret)
{
	struct p2pmem_query q = { .provider = provider->address, .client = client->address };
	struct reason failed = {};
	struct verdict said;
	struct path path = {};
	int r = query(v->broker->driver, &q, &path);

	if (r == -ENOMEM)
		return r;
	if (r < 0) {
		r = reason_set(&failed, CAUSE_DRIVER_FAILED, NULL, "the driver could not tell: %s",
			       strerror(-r));
		return r < 0 ? r : judge_nothing(v->topology, provider, client, &failed, ret);
	}
	learn(&v->broker->topology, &path);
	put_verdict(&q, &said);
	r = judge_by_kernel(v->topology, provider, client, &said, &path, ret);
	if (r == 0)
		disagreement_log(&v->broker->disagreements, ret);
	return r;
}

int view_judge(const struct view *v, const struct topology_function *provider,
	       const struct topology_function *client, struct judgement *ret)
{
	struct reason no_region = {};
	int r;

	if (v->driver_error)
		return judge_by_model(v->topology, provider, client, ret);
	if (view_region(v, provider))
		return ask(v, provider, client, ret);
	r = reason_set(&no_region, CAUSE_REGION_UNKNOWN,
		       "When nothing is lent (p2pmemctl leases), load the driver anew: modprobe "
		       "-r p2pmem && modprobe p2pmem.",
		       "the p2pmem driver does not know this memory");
	return r < 0 ? r : judge_nothing(v->topology, provider, client, &no_region, ret);
}

/* ---- what is told of the machine ------------------------------------- */

static int judge_for_survey(void *data, const struct topology_function *provider,
			    const struct topology_function *client, struct judgement *ret)
{
	return view_judge(data, provider, client, ret);
}

static int takes_p2p(unsigned int major, unsigned int minor, void *data)
{
	const struct region_driver *d = ((struct view *)data)->broker->driver;
	struct p2pmem_query_block q = { .major = major, .minor = minor };

	if (d->ops->query_block(d->data, &q) < 0)
		return -1;
	return !!(q.flags & P2PMEM_BLOCK_P2P);
}

void view_survey(struct view *v, struct survey *ret)
{
	static const struct survey_driver driver = { judge_for_survey, takes_p2p };

	*ret = (struct survey){
		.topology = v->topology,
		.sysfs = &v->broker->sysfs,
		.regions = v->regions,
		.n_regions = v->n_regions,
		.buffers_known = !v->driver_error ||
				 !sysfs_exists(&v->broker->sysfs, "module", "p2pmem"),
		.release = v->broker->release,
		.driver = v->driver_error ? NULL : &driver,
		.data = v,
	};
}
