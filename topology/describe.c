/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdio.h>

#include "common/cleanup.h"
#include "common/json.h"
#include "common/pci.h"
#include "topology/describe.h"

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

struct json_object *describe_address(const struct p2pmem_pci_address *a)
{
	char address[PCI_ADDRESS_MAX];

	return json_object_new_string(pci_address_format(a, address));
}

int describe_identity(struct json_object *o, const struct topology_function *f)
{
	if (json_add_string(o, "driver", f->driver) < 0 ||
	    json_add_int(o, "vendor", f->vendor) < 0 || json_add_int(o, "device", f->device) < 0 ||
	    json_add_string(o, "serial", f->serial) < 0 ||
	    json_add_string(o, "model", f->model) < 0)
		return -ENOMEM;
	return f->numa_node < 0 ? 0 : json_add_int(o, "numaNode", f->numa_node);
}

static uint64_t in_buffers(const struct p2pmem_region_info *i)
{
	return i->allocated + i->draining;
}

/* The two are read one after the other, so they may not add up for a moment. */
static uint64_t held_by_others(const struct p2pmem_region_info *i, const struct pool_use *use)
{
	uint64_t taken = use->size - use->free;

	return taken > in_buffers(i) ? taken - in_buffers(i) : 0;
}

/*
 * How the free room is scattered is known to nobody. Buffers leave no more gaps
 * than there are of them, and one; what others hold was mostly taken first, as
 * the queues of the NVMe driver are, and lies in one place at the start.
 */
static uint64_t largest(const struct p2pmem_region_info *i, const struct pool_use *use)
{
	uint64_t granule = i->granule ?: 4096;

	return use->free / (i->buffers + 1ULL) / granule * granule;
}

static int add_use(struct json_object *o, const struct p2pmem_region_info *i,
		   const struct pool_use *use)
{
	if (json_add_int(o, "size", (int64_t)use->size) < 0 ||
	    json_add_int(o, "free", (int64_t)use->free) < 0 ||
	    json_add_int(o, "allocated", (int64_t)i->allocated) < 0 ||
	    json_add_int(o, "draining", (int64_t)i->draining) < 0 ||
	    json_add_int(o, "buffers", i->buffers) < 0)
		return -ENOMEM;
	if (!use->known)
		return 0;
	if (json_add_int(o, "heldByOthers", (int64_t)held_by_others(i, use)) < 0)
		return -ENOMEM;
	return json_add_int(o, "largestEstimate", (int64_t)largest(i, use));
}

struct json_object *describe_region(const struct topology_function *provider,
				    const struct p2pmem_region_info *region,
				    const struct pool_use *use)
{
	static const struct p2pmem_region_info none;
	_cleanup_json_ struct json_object *o = json_object_new_object();
	char name[REGION_NAME_MAX];

	if (!o || json_add_string(o, "name", region_name(region, provider, name)) < 0 ||
	    json_add(o, "provider", describe_address(&provider->address)) < 0 ||
	    describe_identity(o, provider) < 0 || add_use(o, region ?: &none, use) < 0)
		return NULL;
	return take_ptr(o);
}

struct json_object *describe_device(const struct topology_function *f, struct json_object *blocks)
{
	_cleanup_json_ struct json_object *b = blocks, *o = json_object_new_object();

	if (!o || !b || json_add(o, "address", describe_address(&f->address)) < 0 ||
	    describe_identity(o, f) < 0 || json_add(o, "blockDevices", take_ptr(b)) < 0)
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
static struct json_object *pair_new(const struct judgement *j,
				    const struct p2pmem_region_info *region)
{
	_cleanup_json_ struct json_object *o = json_object_new_object();
	char name[REGION_NAME_MAX];

	if (!o || json_add_string(o, "region", region_name(region, j->provider, name)) < 0 ||
	    json_add(o, "provider", describe_address(&j->provider->address)) < 0 ||
	    json_add(o, "device", describe_address(&j->client->address)) < 0 ||
	    json_add_string(o, "verdict", verdict_name(j->verdict.verdict)) < 0 ||
	    json_add_string(o, "reason", j->reason.why) < 0 ||
	    json_add_string(o, "remedy", j->reason.remedy) < 0)
		return NULL;
	return take_ptr(o);
}

int describe_source(struct json_object *o, const struct judgement *j)
{
	if (j->verdict.distance >= 0 && json_add_int(o, "distance", j->verdict.distance) < 0)
		return -ENOMEM;
	if (json_add_string(o, "cause", cause_name(j->reason.cause)) < 0 ||
	    json_add_string(o, "cost", j->reason.cost) < 0)
		return -ENOMEM;
	return json_add_string(o, "source", j->from_kernel ? "kernel" : "computed");
}

struct json_object *describe_pair(const struct judgement *j,
				  const struct p2pmem_region_info *region)
{
	_cleanup_json_ struct json_object *o = pair_new(j, region);

	if (!o || describe_source(o, j) < 0)
		return NULL;
	return take_ptr(o);
}

struct json_object *describe_refusal(const struct judgement *j,
				     const struct p2pmem_region_info *region)
{
	return pair_new(j, region);
}
