/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#include "common/cleanup.h"
#include "common/log.h"
#include "common/pci.h"
#include "daemon/diagnosis.h"
#include "daemon/view.h"
#include "topology/allow_list.h"
#include "topology/scan.h"

static int refresh_topology(struct broker *b)
{
	struct topology t;
	struct utsname u;
	int r;

	if (b->drain)
		b->drain(b->drain_userdata);
	if (b->topology_current && b->watched)
		return 0;
	r = topology_scan(&b->sysfs, &t);
	if (r < 0)
		return r;
	topology_done(&b->topology);
	if (uname(&u) == 0)
		t.cpu.kernel = allow_list_kernel(u.release);
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
	if (r < 0) {
		v.driver_error = r;
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

static int explain(const struct view *v, struct judgement *j)
{
	const struct verdict verdict = { j->pair.verdict, j->pair.distance };
	_cleanup_(path_done) struct path path = {};
	int r = path_find(v->topology, j->pair.provider, j->pair.client, &path);

	/* Without a path there are words as well. */
	if (r == -ENOMEM)
		return r;
	return reason_for_path(&path, &v->topology->cpu, &verdict, NULL, &j->reason);
}

static int ask(const struct view *v, struct judgement *j)
{
	const struct region_driver *d = v->broker->driver;
	struct p2pmem_query q = {
		.provider = j->pair.provider->address,
		.client = j->pair.client->address,
	};
	int r = d->ops->query(d->data, &q);

	if (r < 0)
		return reason_set(&j->reason, CAUSE_DRIVER_FAILED, NULL,
				  "the driver could not tell: %s", strerror(-r));
	j->pair.verdict = (enum p2pmem_verdict)q.verdict;
	if (q.verdict > P2PMEM_VERDICT_BUS)
		j->pair.verdict = P2PMEM_VERDICT_UNKNOWN;
	j->pair.distance = q.distance;
	return explain(v, j);
}

void judgement_use_reason(struct judgement *j)
{
	j->pair.why = j->reason.why;
	j->pair.remedy = j->reason.remedy;
}

void judgement_done(struct judgement *j)
{
	reason_done(&j->reason);
}

int view_judge(const struct view *v, const struct topology_function *provider,
	       const struct topology_function *client, struct judgement *ret)
{
	int r;

	*ret = (struct judgement){
		.pair = { .provider = provider, .client = client, .distance = -1 },
	};
	ret->pair.region = view_region(v, provider);
	if (v->driver_error) {
		ret->pair.why = v->driver_reason.why;
		ret->pair.remedy = v->driver_reason.remedy;
		return 0;
	}
	if (ret->pair.region)
		r = ask(v, ret);
	else
		r = reason_set(&ret->reason, CAUSE_REGION_UNKNOWN,
			       "Load the driver anew: modprobe -r p2pmem && modprobe p2pmem.",
			       "the p2pmem driver does not know this memory");
	judgement_use_reason(ret);
	return r;
}
