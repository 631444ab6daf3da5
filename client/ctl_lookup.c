/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/ctl.h"
#include "client/ctl_lookup.h"
#include "client/names.h"

void lookup_clear(struct lookup *l)
{
	p2pmem_list_free(l->regions);
	p2pmem_list_free(l->devices);
	*l = (struct lookup){};
}

int lookup_fill(struct p2pmem_client *client, struct lookup *ret)
{
	struct lookup l = {};
	int r = p2pmem_list_regions(client, &l.regions);

	if (r >= 0)
		r = p2pmem_list_devices(client, &l.devices);
	if (r < 0) {
		lookup_clear(&l);
		return ctl_failure(client, r);
	}
	*ret = l;
	return STATUS_OK;
}

static struct names names_of(const struct lookup *l)
{
	return (struct names){ .regions = l->regions, .devices = l->devices };
}

int lookup_region(const struct lookup *l, const char *name, const struct p2pmem_region **ret)
{
	struct names n = names_of(l);

	return names_region(&n, name, ret);
}

int lookup_device(const struct lookup *l, const char *name, struct place *ret)
{
	struct names n = names_of(l);

	return names_device(&n, name, ret);
}
