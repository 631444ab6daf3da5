/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdio.h>

#include "common/cleanup.h"
#include "common/json.h"
#include "common/pci.h"
#include "daemon/describe.h"

char *region_name(const struct p2pmem_region_info *region, const struct topology_function *provider,
		  char buf[static REGION_NAME_MAX])
{
	char address[PCI_ADDRESS_MAX];

	if (region)
		snprintf(buf, REGION_NAME_MAX, "p2pmem%u", region->region);
	else
		snprintf(buf, REGION_NAME_MAX, "%s",
			 pci_address_format(&provider->address, address));
	return buf;
}

static struct json_object *address_new(const struct p2pmem_pci_address *a)
{
	char address[PCI_ADDRESS_MAX];

	return json_object_new_string(pci_address_format(a, address));
}

/* What Region and Device have in common. */
static int add_function(struct json_object *o, const struct topology_function *f)
{
	if (json_add_string(o, "driver", f->driver) < 0 ||
	    json_add_int(o, "vendor", f->vendor) < 0 || json_add_int(o, "device", f->device) < 0 ||
	    json_add_string(o, "serial", f->serial) < 0 ||
	    json_add_string(o, "model", f->model) < 0)
		return -ENOMEM;
	return f->numa_node < 0 ? 0 : json_add_int(o, "numaNode", f->numa_node);
}

struct json_object *describe_region(const struct topology_function *provider,
				    const struct p2pmem_region_info *region,
				    const struct pool *pool)
{
	static const struct p2pmem_region_info none;
	_cleanup_json_ struct json_object *o = json_object_new_object();
	const struct p2pmem_region_info *i = region ?: &none;
	char name[REGION_NAME_MAX];

	if (!o || json_add_string(o, "name", region_name(region, provider, name)) < 0 ||
	    json_add(o, "provider", address_new(&provider->address)) < 0 ||
	    add_function(o, provider) < 0 || json_add_int(o, "size", (int64_t)pool->size) < 0 ||
	    json_add_int(o, "free", (int64_t)pool->free) < 0 ||
	    json_add_int(o, "allocated", (int64_t)i->allocated) < 0 ||
	    json_add_int(o, "draining", (int64_t)i->draining) < 0 ||
	    json_add_int(o, "buffers", i->buffers) < 0)
		return NULL;
	return take_ptr(o);
}

struct json_object *describe_device(const struct topology_function *f, struct json_object *blocks)
{
	_cleanup_json_ struct json_object *b = blocks, *o = json_object_new_object();

	if (!o || !b || json_add(o, "address", address_new(&f->address)) < 0 ||
	    add_function(o, f) < 0 || json_add(o, "blockDevices", take_ptr(b)) < 0)
		return NULL;
	return take_ptr(o);
}

struct json_object *describe_block(const struct topology_block *b, int p2p)
{
	_cleanup_json_ struct json_object *o = json_object_new_object();

	if (!o || json_add_string(o, "name", b->name) < 0 ||
	    json_add_int(o, "major", b->major) < 0 || json_add_int(o, "minor", b->minor) < 0 ||
	    json_add_int(o, "size", (int64_t)b->size) < 0 ||
	    json_add_int(o, "logicalBlockSize", b->logical_block_size) < 0 ||
	    (p2p >= 0 && json_add_bool(o, "peerToPeer", p2p) < 0))
		return NULL;
	return take_ptr(o);
}

/* What Pair and Refusal have in common. */
static struct json_object *pair_new(const struct pair *p)
{
	_cleanup_json_ struct json_object *o = json_object_new_object();
	char name[REGION_NAME_MAX];

	if (!o || json_add_string(o, "region", region_name(p->region, p->provider, name)) < 0 ||
	    json_add(o, "provider", address_new(&p->provider->address)) < 0 ||
	    (p->client && json_add(o, "device", address_new(&p->client->address)) < 0) ||
	    json_add_string(o, "verdict", verdict_name(p->verdict)) < 0)
		return NULL;
	return take_ptr(o);
}

struct json_object *describe_pair(const struct pair *p)
{
	_cleanup_json_ struct json_object *o = pair_new(p);

	if (!o || (p->distance >= 0 && json_add_int(o, "distance", p->distance) < 0) ||
	    json_add_string(o, "reason", p->why) < 0 || json_add_string(o, "remedy", p->remedy) < 0)
		return NULL;
	return take_ptr(o);
}

struct json_object *describe_refusal(const struct pair *p)
{
	_cleanup_json_ struct json_object *o = pair_new(p);

	if (!o || json_add_string(o, "reason", p->why ?: "not known") < 0 ||
	    json_add_string(o, "remedy", p->remedy) < 0)
		return NULL;
	return take_ptr(o);
}

static struct json_object *devices_new(const struct lease *l)
{
	_cleanup_json_ struct json_object *a = json_object_new_array();

	if (!a)
		return NULL;
	for (size_t i = 0; i < l->n_devices; i++)
		if (json_append(a, address_new(&l->devices[i])) < 0)
			return NULL;
	return take_ptr(a);
}

static const char *state_name(enum p2pmem_state s)
{
	static const char *const names[] = {
		[P2PMEM_STATE_LIVE] = "live",
		[P2PMEM_STATE_NOTICE] = "notice",
		[P2PMEM_STATE_REVOKED] = "revoked",
		[P2PMEM_STATE_DRAINING] = "draining",
	};

	return (size_t)s < sizeof(names) / sizeof(names[0]) && names[s] ? names[s] : "live";
}

struct json_object *describe_lease(const struct lease *l, uint64_t now)
{
	_cleanup_json_ struct json_object *o = json_object_new_object();
	const struct p2pmem_region_info region = { .region = l->region };
	char id[LEASE_ID_MAX], tenant[32], name[REGION_NAME_MAX];

	snprintf(tenant, sizeof(tenant), "uid:%u", (unsigned int)l->uid);
	if (!o || json_add_string(o, "id", lease_id(l, id)) < 0 ||
	    json_add_string(o, "tenant", tenant) < 0 || json_add_int(o, "uid", l->uid) < 0 ||
	    json_add_string(o, "name", l->name) < 0 ||
	    json_add_string(o, "region", region_name(&region, NULL, name)) < 0 ||
	    json_add(o, "provider", address_new(&l->provider)) < 0 ||
	    json_add_int(o, "size", (int64_t)l->size) < 0 ||
	    json_add(o, "devices", devices_new(l)) < 0 ||
	    json_add_string(o, "state", state_name(l->state)) < 0 ||
	    json_add_string(o, "verdict", verdict_name(l->verdict)) < 0 ||
	    json_add_int(o, "ageUSec", (int64_t)(now - l->since)) < 0)
		return NULL;
	return take_ptr(o);
}
