/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The lists: each kind is a method, the member that holds its entry, and the
 * entry's shape. Replies come one entry at a time.
 */
#include <errno.h>

#include "common/cleanup.h"
#include "common/json.h"
#include "common/varlink.h"
#include "client/lib_list.h"

/* What every list entry begins with. */
struct entry {
	struct entry *next;
};

struct list_kind {
	const char *method;
	const char *member;
	const struct shape *shape;
};

int list_add(struct list *l, struct json_object *o)
{
	struct entry *entry = pool_alloc(&l->pool, l->shape->size);

	if (!entry)
		return -ENOMEM;
	if (l->last)
		l->last->next = entry;
	l->last = entry;
	return shape_parse(l->shape, o, &l->pool, entry);
}

void *list_take(struct list *l)
{
	void *first = pool_first(&l->pool);

	l->pool = (struct pool){};
	l->last = NULL;
	return first;
}

void list_done(struct list *l)
{
	pool_free(&l->pool);
	l->last = NULL;
}

struct receiver {
	const struct list_kind *kind;
	struct list *list;
};

static int add_reply(struct p2pmem_client *c, struct json_object *parameters, void *data)
{
	const struct receiver *r = data;
	struct json_object *o = parameters ? json_object_object_get(parameters, r->kind->member) :
					     NULL;

	return o ? list_add(r->list, o) : 0;
}

/* Appends what the broker answers. @parameters is taken over. */
static int receive(struct p2pmem_client *c, const struct list_kind *kind,
		   struct json_object *parameters, struct list *list)
{
	struct receiver r = { kind, list };

	return client_call(c, kind->method, parameters, true, add_reply, &r);
}

static int get_list(struct p2pmem_client *c, const struct list_kind *kind, void **ret)
{
	_cleanup_(list_done) struct list list = { .shape = kind->shape };
	int r;

	failure_clear(&c->failure);
	r = receive(c, kind, NULL, &list);
	if (r >= 0)
		*ret = list_take(&list);
	return r;
}

int p2pmem_list_regions(struct p2pmem_client *client, struct p2pmem_region **ret)
{
	static const struct list_kind kind = { BROKER_INTERFACE ".ListRegions", "region",
					       &shape_region };
	void *list;
	int r = get_list(client, &kind, &list);

	if (r >= 0)
		*ret = list;
	return r;
}

int p2pmem_list_devices(struct p2pmem_client *client, struct p2pmem_device **ret)
{
	static const struct list_kind kind = { BROKER_INTERFACE ".ListDevices", "device",
					       &shape_device };
	void *list;
	int r = get_list(client, &kind, &list);

	if (r >= 0)
		*ret = list;
	return r;
}

int p2pmem_list_leases(struct p2pmem_client *client, struct p2pmem_lease **ret)
{
	static const struct list_kind kind = { BROKER_INTERFACE ".ListLeases", "lease",
					       &shape_lease };
	void *list;
	int r = get_list(client, &kind, &list);

	if (r >= 0)
		*ret = list;
	return r;
}

int p2pmem_list_host_bridges(struct p2pmem_client *client, struct p2pmem_host_bridge **ret)
{
	static const struct list_kind kind = { BROKER_INTERFACE ".ListHostBridges", "hostBridge",
					       &shape_host_bridge };
	void *list;
	int r = get_list(client, &kind, &list);

	if (r >= 0)
		*ret = list;
	return r;
}

int p2pmem_list_functions(struct p2pmem_client *client, struct p2pmem_function **ret)
{
	static const struct list_kind kind = { BROKER_INTERFACE ".ListFunctions", "function",
					       &shape_function };
	void *list;
	int r = get_list(client, &kind, &list);

	if (r >= 0)
		*ret = list;
	return r;
}

/* A region that has gone meanwhile has no pairs. */
static int receive_pairs(struct p2pmem_client *c, const char *provider, struct list *list)
{
	static const struct list_kind kind = { BROKER_INTERFACE ".ListPairs", "pair", &shape_pair };
	struct json_object *parameters = json_object_new_object();
	int r;

	if (!parameters || json_add_string(parameters, "region", provider) < 0) {
		json_object_put(parameters);
		return -ENOMEM;
	}
	r = receive(c, &kind, parameters, list);
	if (r != -ENXIO)
		return r;
	failure_clear(&c->failure);
	return 0;
}

int p2pmem_list_pairs(struct p2pmem_client *client, struct p2pmem_pair **ret)
{
	_cleanup_(list_done) struct list list = { .shape = &shape_pair };
	struct p2pmem_region *regions;
	int r = p2pmem_list_regions(client, &regions);

	if (r < 0)
		return r;
	for (const struct p2pmem_region *region = regions; r >= 0 && region; region = region->next)
		r = receive_pairs(client, region->provider, &list);
	p2pmem_list_free(regions);
	if (r >= 0)
		*ret = list_take(&list);
	return r;
}

static int broker_info(struct p2pmem_client *c, struct json_object *parameters, void *data)
{
	const char *vendor, *product, *version;
	const struct json_field fields[] = {
		{ "vendor", JSON_STRING, true, &vendor },
		{ "product", JSON_STRING, true, &product },
		{ "version", JSON_STRING, true, &version },
		{},
	};
	struct p2pmem_broker_info *info;
	struct pool *pool = data;
	const char *bad;

	if (json_read(parameters, fields, false, &bad) < 0)
		return -EBADMSG;
	info = pool_alloc(pool, sizeof(*info));
	if (!info || pool_string(pool, vendor, &info->vendor) < 0 ||
	    pool_string(pool, product, &info->product) < 0 ||
	    pool_string(pool, version, &info->version) < 0)
		return -ENOMEM;
	return 0;
}

int p2pmem_get_broker_info(struct p2pmem_client *client, struct p2pmem_broker_info **ret)
{
	struct pool pool = {};
	int r;

	failure_clear(&client->failure);
	r = client_call(client, VARLINK_SERVICE_INTERFACE ".GetInfo", NULL, false, broker_info,
			&pool);
	if (r < 0) {
		pool_free(&pool);
		return r;
	}
	*ret = pool_first(&pool);
	return 0;
}
