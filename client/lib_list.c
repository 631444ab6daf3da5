/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The lists: each kind is a method, the member that holds its entry, and a
 * function that takes the entry apart. Replies come one entry at a time.
 */
#include <errno.h>

#include "common/json.h"
#include "common/varlink.h"
#include "client/lib.h"

/* What every list entry begins with. */
struct entry {
	struct entry *next;
};

struct list_kind {
	const char *method;
	const char *member;
	size_t entry_size;
	int (*parse)(struct json_object *o, struct pool *pool, void *entry);
};

struct list {
	const struct list_kind *kind;
	struct pool pool;
	struct entry *last;
};

static int add_entry(struct p2pmem_client *c, struct json_object *parameters, void *data)
{
	struct list *list = data;
	struct json_object *o =
		parameters ? json_object_object_get(parameters, list->kind->member) : NULL;
	struct entry *entry;

	if (!o)
		return 0;
	entry = pool_alloc(&list->pool, list->kind->entry_size);
	if (!entry)
		return -ENOMEM;
	if (list->last)
		list->last->next = entry;
	list->last = entry;
	return list->kind->parse(o, &list->pool, entry);
}

static int get_list(struct p2pmem_client *c, const struct list_kind *kind, void **ret)
{
	struct list list = { .kind = kind };
	int r;

	failure_clear(&c->failure);
	r = client_call(c, kind->method, NULL, true, add_entry, &list);
	if (r < 0) {
		pool_free(&list.pool);
		return r;
	}
	*ret = pool_first(&list.pool);
	return 0;
}

int p2pmem_list_regions(struct p2pmem_client *client, struct p2pmem_region **ret)
{
	static const struct list_kind kind = { BROKER_INTERFACE ".ListRegions", "region",
					       sizeof(struct p2pmem_region), region_parse };
	void *list;
	int r = get_list(client, &kind, &list);

	if (r >= 0)
		*ret = list;
	return r;
}

int p2pmem_list_devices(struct p2pmem_client *client, struct p2pmem_device **ret)
{
	static const struct list_kind kind = { BROKER_INTERFACE ".ListDevices", "device",
					       sizeof(struct p2pmem_device), device_parse };
	void *list;
	int r = get_list(client, &kind, &list);

	if (r >= 0)
		*ret = list;
	return r;
}

int p2pmem_list_pairs(struct p2pmem_client *client, struct p2pmem_pair **ret)
{
	static const struct list_kind kind = { BROKER_INTERFACE ".ListPairs", "pair",
					       sizeof(struct p2pmem_pair), pair_parse };
	void *list;
	int r = get_list(client, &kind, &list);

	if (r >= 0)
		*ret = list;
	return r;
}

int p2pmem_list_leases(struct p2pmem_client *client, struct p2pmem_lease **ret)
{
	static const struct list_kind kind = { BROKER_INTERFACE ".ListLeases", "lease",
					       sizeof(struct p2pmem_lease), lease_parse };
	void *list;
	int r = get_list(client, &kind, &list);

	if (r >= 0)
		*ret = list;
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
