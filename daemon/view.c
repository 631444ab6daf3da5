/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "common/pci.h"
#include "daemon/diagnosis.h"
#include "topology/scan.h"
#include "daemon/view.h"

static int refresh_topology(struct broker *b)
{
	struct topology t;
	int r;

	if (b->topology_current && b->watched)
		return 0;
	r = topology_scan(&b->sysfs, &t);
	if (r < 0)
		return r;
	topology_done(&b->topology);
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
		diagnose_driver(&b->sysfs, r, &v.driver_reason);
	}
	*ret = v;
	return 0;
}

void view_done(struct view *v)
{
	free(v->regions);
	v->regions = NULL;
}

const struct p2pmem_region_info *view_region(const struct view *v,
					     const struct topology_function *provider)
{
	for (size_t i = 0; i < v->n_regions; i++)
		if (pci_address_equal(&v->regions[i].provider, &provider->address))
			return &v->regions[i];
	return NULL;
}

static void ask(const struct view *v, struct judgement *j)
{
	const struct region_driver *d = v->broker->driver;
	struct p2pmem_query q = {
		.provider = j->pair.provider->address,
		.client = j->pair.client->address,
	};
	int r = d->ops->query(d->data, &q);

	if (r < 0) {
		snprintf(j->reason.why, sizeof(j->reason.why), "the driver could not tell: %s",
			 strerror(-r));
		return;
	}
	j->pair.verdict = (enum p2pmem_verdict)q.verdict;
	if (q.verdict > P2PMEM_VERDICT_BUS)
		j->pair.verdict = P2PMEM_VERDICT_UNKNOWN;
	j->pair.distance = q.distance;
	reason_for_pair(j->pair.provider, j->pair.client, j->pair.verdict, &j->reason);
}

void view_judge(const struct view *v, const struct topology_function *provider,
		const struct topology_function *client, struct judgement *ret)
{
	*ret = (struct judgement){
		.pair = { .provider = provider, .client = client, .distance = -1 },
	};
	ret->pair.region = view_region(v, provider);
	if (v->driver_error) {
		ret->reason = v->driver_reason;
	} else if (!ret->pair.region) {
		snprintf(ret->reason.why, sizeof(ret->reason.why),
			 "the p2pmem driver does not know this memory");
		ret->reason.remedy = "Load the driver anew: modprobe -r p2pmem && modprobe p2pmem.";
	} else {
		ask(v, ret);
	}
	ret->pair.why = *ret->reason.why ? ret->reason.why : NULL;
	ret->pair.remedy = ret->reason.remedy;
}
