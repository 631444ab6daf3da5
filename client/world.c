/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <string.h>

#include "common/cleanup.h"
#include "client/ctl_connect.h"
#include "client/origin.h"
#include "client/world.h"

void world_clear(struct world *w)
{
	p2pmem_list_free(w->broker);
	p2pmem_list_free(w->regions);
	p2pmem_list_free(w->devices);
	p2pmem_list_free(w->leases);
	p2pmem_list_free(w->pairs);
	p2pmem_client_free(w->client);
	machine_clear(&w->machine);
	*w = (struct world){};
}

static int ask(struct world *w, bool pairs)
{
	int r = p2pmem_get_broker_info(w->client, &w->broker);

	if (r >= 0)
		r = p2pmem_list_regions(w->client, &w->regions);
	if (r >= 0)
		r = p2pmem_list_devices(w->client, &w->devices);
	if (r >= 0)
		r = p2pmem_list_leases(w->client, &w->leases);
	if (r >= 0 && pairs)
		r = p2pmem_list_pairs(w->client, &w->pairs);
	return r;
}

/* What there is to be seen without a daemon. Who cannot read it goes without. */
static int judge_pairs(struct world *w, const char *sysfs)
{
	_cleanup_(origin_closep) struct origin *o = NULL;
	int r;

	if (!w->machine.providers)
		return 0;
	r = origin_open_sysfs(sysfs, w->machine.release, &o);
	if (r < 0)
		return r == -ENOMEM ? r : 0;
	return origin_pairs(o, &w->pairs) == STATUS_OK ? 0 : -ENOMEM;
}

int world_look(bool pairs, struct world *ret)
{
	_cleanup_(world_clear) struct world w = {};
	int r = p2pmem_client_new(&w.client);

	if (r < 0)
		return r;
	w.connect_error = ctl_try_connect(w.client);
	if (!w.connect_error)
		w.ask_error = ask(&w, pairs);
	/* Last, as asking may start the daemon, and that load the driver. */
	r = machine_look_here(&w.machine);
	if (r < 0)
		return r;
	/* What is seen outweighs what is written. */
	if (w.regions)
		w.machine.kernel = KERNEL_WITH_P2PDMA;
	if (pairs && (w.connect_error || w.ask_error))
		r = judge_pairs(&w, "/sys");
	if (r < 0)
		return r;
	*ret = w;
	w = (struct world){};
	return 0;
}

int world_look_at(const char *root, const char *sysfs, struct world *ret)
{
	_cleanup_(world_clear) struct world w = {};
	int r = machine_look(root, sysfs, NULL, &w.machine);

	if (r == 0)
		r = judge_pairs(&w, sysfs);
	if (r < 0)
		return r;
	*ret = w;
	w = (struct world){};
	return 0;
}

bool world_is_without_hardware(const struct world *w)
{
	return !w->regions && !machine_may_have_memory(&w->machine);
}

/* Without the driver the daemon has no name for a region but its address. */
bool world_uses_driver(const struct world *w)
{
	for (const struct p2pmem_region *r = w->regions; r; r = r->next)
		if (strcmp(r->name, r->provider) != 0)
			return true;
	return false;
}
