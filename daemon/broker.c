/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <time.h>

#include "common/cleanup.h"
#include "common/json.h"
#include "topology/scan.h"
#include "daemon/view.h"

int broker_init(struct broker *b, const struct region_driver *driver, const char *sysfs,
		const struct policy *policy)
{
	*b = (struct broker){ .driver = driver, .policy = *policy };
	return sysfs_open(sysfs, &b->sysfs);
}

void broker_done(struct broker *b)
{
	topology_done(&b->topology);
	leases_done(&b->leases);
	sysfs_done(&b->sysfs);
}

void broker_invalidate(struct broker *b)
{
	b->topology_current = false;
}

void broker_device_changed(struct broker *b, const char *path)
{
	/* What is read anew as a whole is not worth bringing up to date. */
	if (!b->topology_current)
		return;
	if (!path || topology_update(&b->sysfs, &b->topology, path) != 0)
		broker_invalidate(b);
}

int broker_status(struct broker *b, char *text, size_t size)
{
	_cleanup_(view_done) struct view v = {};
	int r = view_open(b, &v);

	if (r < 0)
		return r;
	if (v.driver_error)
		snprintf(text, size, "Cannot lend: %s.", v.driver_reason.why);
	else
		snprintf(text, size, "%zu region%s of peer-to-peer memory.", v.n_regions,
			 v.n_regions == 1 ? "" : "s");
	return v.driver_error == -EPERM ? -EPERM : 0;
}

int broker_list_regions(struct broker *b, struct answer *ret)
{
	_cleanup_(view_done) struct view v = {};
	int r = view_open(b, &v);

	for (size_t i = 0; r == 0 && i < v.topology->n_functions; i++) {
		const struct topology_function *f = v.topology->functions[i];
		struct pool pool;

		if (!f->provider ||
		    topology_pool(&b->sysfs, &f->address, &pool.size, &pool.free) < 0)
			continue;
		r = answer_append(ret, "region", describe_region(f, view_region(&v, f), &pool));
	}
	return r;
}

/* 1, 0, or -1 where the driver cannot say. */
static int takes_p2p(const struct view *v, const struct topology_block *block)
{
	const struct region_driver *d = v->broker->driver;
	struct p2pmem_query_block q = { .major = block->major, .minor = block->minor };

	if (v->driver_error || d->ops->query_block(d->data, &q) < 0)
		return -1;
	return !!(q.flags & P2PMEM_BLOCK_P2P);
}

static struct json_object *describe_blocks(const struct view *v, const struct topology_function *f)
{
	_cleanup_json_ struct json_object *a = json_object_new_array();

	if (!a)
		return NULL;
	for (size_t i = 0; i < f->n_blocks; i++)
		if (json_append(a, describe_block(&f->blocks[i], takes_p2p(v, &f->blocks[i]))) < 0)
			return NULL;
	return take_ptr(a);
}

int broker_list_devices(struct broker *b, struct answer *ret)
{
	_cleanup_(view_done) struct view v = {};
	int r = view_open(b, &v);

	for (size_t i = 0; r == 0 && i < v.topology->n_functions; i++) {
		const struct topology_function *f = v.topology->functions[i];

		if (topology_is_client(f))
			r = answer_append(ret, "device",
					  describe_device(f, describe_blocks(&v, f)));
	}
	return r;
}

static int list_pairs_of(const struct view *v, const struct topology_function *provider,
			 struct answer *ret)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < v->topology->n_functions; i++) {
		const struct topology_function *client = v->topology->functions[i];
		_cleanup_(judgement_done) struct judgement j = {};

		if (!topology_is_client(client))
			continue;
		r = view_judge(v, provider, client, &j);
		if (r == 0)
			r = answer_append(ret, "pair", describe_pair(&j.pair));
	}
	return r;
}

int broker_list_pairs(struct broker *b, struct answer *ret)
{
	_cleanup_(view_done) struct view v = {};
	int r = view_open(b, &v);

	for (size_t i = 0; r == 0 && i < v.topology->n_functions; i++)
		if (v.topology->functions[i]->provider)
			r = list_pairs_of(&v, v.topology->functions[i], ret);
	return r;
}

int broker_refresh_leases(struct broker *b)
{
	_cleanup_free_ struct p2pmem_buffer_info *buffers = NULL;
	size_t n = 0;
	int r = b->driver->ops->list_buffers(b->driver->data, &buffers, &n);

	if (r < 0)
		return r;
	leases_refresh(&b->leases, buffers, n);
	return 0;
}

uint64_t broker_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000U + (uint64_t)t.tv_nsec / 1000U;
}

int broker_list_leases(struct broker *b, const struct peer *who, struct answer *ret)
{
	uint64_t now = broker_now();
	int r = broker_refresh_leases(b);

	/* Without the driver there are no buffers, and none can be lent. */
	if (r < 0)
		return r == -ENOMEM ? r : 0;
	for (size_t i = 0; r == 0 && i < b->leases.n; i++) {
		const struct lease *l = &b->leases.list[i];

		if (policy_may_see(&b->policy, who, l->uid))
			r = answer_append(ret, "lease", describe_lease(l, now));
	}
	return r;
}
