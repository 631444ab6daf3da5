/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Takes the interface's objects apart: types, presence and ranges are checked
 * here, members that are not known are passed over. No I/O.
 */
#include <errno.h>
#include <string.h>

#include "common/json.h"
#include "client/lib.h"

/* What every list entry begins with. */
struct entry {
	struct entry *next;
};

/* Strings that are copied to the pool after json_read() has found them. */
struct string {
	const char *found;
	const char **to;
};

static int keep_strings(struct pool *pool, const struct string *strings, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (pool_string(pool, strings[i].found, strings[i].to) < 0)
			return -ENOMEM;
	return 0;
}

static int read_members(struct json_object *o, const struct json_field *fields)
{
	const char *bad;

	if (!json_object_is_type(o, json_type_object) || json_read(o, fields, false, &bad) < 0)
		return -EBADMSG;
	return 0;
}

/* Numbers of the interface that are none below zero, or none above 32 bits. */
static bool any_negative(const int64_t *v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (v[i] < 0)
			return true;
	return false;
}

static bool is_u32(int64_t v)
{
	return v >= 0 && v <= UINT32_MAX;
}

static bool is_s32(int64_t v)
{
	return v >= INT32_MIN && v <= INT32_MAX;
}

int region_parse(struct json_object *o, struct pool *pool, void *entry)
{
	struct p2pmem_region *region = entry;
	enum {
		SIZE,
		FREE,
		ALLOCATED,
		DRAINING,
		BUFFERS,
		NUMBERS
	};
	enum {
		NAME,
		PROVIDER,
		DRIVER,
		SERIAL,
		MODEL,
		STRINGS
	};
	int64_t n[NUMBERS] = {}, vendor = 0, device = 0, node = -1;
	struct string s[STRINGS] = {
		[NAME] = { NULL, &region->name },     [PROVIDER] = { NULL, &region->provider },
		[DRIVER] = { NULL, &region->driver }, [SERIAL] = { NULL, &region->serial },
		[MODEL] = { NULL, &region->model },
	};
	const struct json_field fields[] = {
		{ "name", JSON_STRING, true, &s[NAME].found },
		{ "provider", JSON_STRING, true, &s[PROVIDER].found },
		{ "driver", JSON_STRING, false, &s[DRIVER].found },
		{ "serial", JSON_STRING, false, &s[SERIAL].found },
		{ "model", JSON_STRING, false, &s[MODEL].found },
		{ "vendor", JSON_INT, true, &vendor },
		{ "device", JSON_INT, true, &device },
		{ "size", JSON_INT, true, &n[SIZE] },
		{ "free", JSON_INT, true, &n[FREE] },
		{ "allocated", JSON_INT, true, &n[ALLOCATED] },
		{ "draining", JSON_INT, true, &n[DRAINING] },
		{ "buffers", JSON_INT, true, &n[BUFFERS] },
		{ "numaNode", JSON_INT, false, &node },
		{},
	};
	int r = read_members(o, fields);

	if (r < 0)
		return r;
	if (any_negative(n, NUMBERS) || !is_u32(vendor) || !is_u32(device) || !is_s32(node))
		return -EBADMSG;
	region->size = n[SIZE];
	region->free = n[FREE];
	region->allocated = n[ALLOCATED];
	region->draining = n[DRAINING];
	region->buffers = n[BUFFERS];
	region->vendor = vendor;
	region->device = device;
	region->numa_node = node;
	return keep_strings(pool, s, STRINGS);
}

/* A queue that the driver has not been asked about has no such member. */
static enum p2pmem_queue queue_of(struct json_object *o)
{
	struct json_object *v = json_object_object_get(o, "peerToPeer");

	if (!v)
		return P2PMEM_QUEUE_UNKNOWN;
	return json_object_get_boolean(v) ? P2PMEM_QUEUE_PEER_TO_PEER : P2PMEM_QUEUE_HOST_ONLY;
}

static int block_device_parse(struct json_object *o, struct pool *pool, void *entry)
{
	struct p2pmem_block_device *block = entry;
	int64_t major, minor, size, logical;
	bool peer_to_peer;
	const char *name;
	const struct json_field fields[] = {
		{ "name", JSON_STRING, true, &name },
		{ "major", JSON_INT, true, &major },
		{ "minor", JSON_INT, true, &minor },
		{ "size", JSON_INT, true, &size },
		{ "logicalBlockSize", JSON_INT, true, &logical },
		{ "peerToPeer", JSON_BOOL, false, &peer_to_peer },
		{},
	};
	int r = read_members(o, fields);

	if (r < 0)
		return r;
	if (!is_u32(major) || !is_u32(minor) || size < 0 || !is_u32(logical))
		return -EBADMSG;
	block->major = major;
	block->minor = minor;
	block->size = size;
	block->logical_block_size = logical;
	block->queue = queue_of(o);
	return pool_string(pool, name, &block->name);
}

static int name_parse(struct json_object *o, struct pool *pool, void *entry)
{
	if (!json_object_is_type(o, json_type_string))
		return -EBADMSG;
	return pool_string(pool, json_object_get_string(o), &((struct p2pmem_name *)entry)->name);
}

/* An array inside an entry, as a list. */
static int nested(struct json_object *array, struct pool *pool, size_t entry_size,
		  int (*parse)(struct json_object *, struct pool *, void *), void *ret)
{
	struct entry *first = NULL, **tail = &first;

	for (size_t i = 0; i < json_object_array_length(array); i++) {
		int r;

		*tail = pool_alloc(pool, entry_size);
		if (!*tail)
			return -ENOMEM;
		r = parse(json_object_array_get_idx(array, i), pool, *tail);
		if (r < 0)
			return r;
		tail = &(*tail)->next;
	}
	memcpy(ret, &first, sizeof(first));
	return 0;
}

int device_parse(struct json_object *o, struct pool *pool, void *entry)
{
	struct p2pmem_device *device = entry;
	enum {
		ADDRESS,
		DRIVER,
		SERIAL,
		MODEL,
		STRINGS
	};
	int64_t vendor, id, node = -1;
	struct json_object *blocks;
	struct string s[STRINGS] = {
		[ADDRESS] = { NULL, &device->address },
		[DRIVER] = { NULL, &device->driver },
		[SERIAL] = { NULL, &device->serial },
		[MODEL] = { NULL, &device->model },
	};
	const struct json_field fields[] = {
		{ "address", JSON_STRING, true, &s[ADDRESS].found },
		{ "driver", JSON_STRING, false, &s[DRIVER].found },
		{ "serial", JSON_STRING, false, &s[SERIAL].found },
		{ "model", JSON_STRING, false, &s[MODEL].found },
		{ "vendor", JSON_INT, true, &vendor },
		{ "device", JSON_INT, true, &id },
		{ "numaNode", JSON_INT, false, &node },
		{ "blockDevices", JSON_ARRAY, true, &blocks },
		{},
	};
	int r = read_members(o, fields);

	if (r < 0)
		return r;
	if (!is_u32(vendor) || !is_u32(id) || !is_s32(node))
		return -EBADMSG;
	device->vendor = vendor;
	device->device = id;
	device->numa_node = node;
	r = keep_strings(pool, s, STRINGS);
	if (r < 0)
		return r;
	return nested(blocks, pool, sizeof(struct p2pmem_block_device), block_device_parse,
		      &device->block_devices);
}

int pair_parse(struct json_object *o, struct pool *pool, void *entry)
{
	struct p2pmem_pair *pair = entry;
	enum {
		REGION,
		PROVIDER,
		DEVICE,
		REASON,
		REMEDY,
		STRINGS
	};
	int64_t distance = -1;
	const char *verdict;
	struct string s[STRINGS] = {
		[REGION] = { NULL, &pair->region }, [PROVIDER] = { NULL, &pair->provider },
		[DEVICE] = { NULL, &pair->device }, [REASON] = { NULL, &pair->reason },
		[REMEDY] = { NULL, &pair->remedy },
	};
	const struct json_field fields[] = {
		{ "region", JSON_STRING, true, &s[REGION].found },
		{ "provider", JSON_STRING, true, &s[PROVIDER].found },
		{ "device", JSON_STRING, true, &s[DEVICE].found },
		{ "verdict", JSON_STRING, true, &verdict },
		{ "distance", JSON_INT, false, &distance },
		{ "reason", JSON_STRING, false, &s[REASON].found },
		{ "remedy", JSON_STRING, false, &s[REMEDY].found },
		{},
	};
	int r = read_members(o, fields);

	if (r < 0)
		return r;
	if (!is_s32(distance))
		return -EBADMSG;
	pair->distance = distance;
	pair->verdict = verdict_from_name(verdict);
	return keep_strings(pool, s, STRINGS);
}

int lease_parse(struct json_object *o, struct pool *pool, void *entry)
{
	struct p2pmem_lease *lease = entry;
	enum {
		ID,
		TENANT,
		NAME,
		REGION,
		PROVIDER,
		STRINGS
	};
	int64_t uid, size, age;
	const char *state, *verdict;
	struct json_object *devices;
	struct string s[STRINGS] = {
		[ID] = { NULL, &lease->id },
		[TENANT] = { NULL, &lease->tenant },
		[NAME] = { NULL, &lease->name },
		[REGION] = { NULL, &lease->region },
		[PROVIDER] = { NULL, &lease->provider },
	};
	const struct json_field fields[] = {
		{ "id", JSON_STRING, true, &s[ID].found },
		{ "tenant", JSON_STRING, true, &s[TENANT].found },
		{ "uid", JSON_INT, true, &uid },
		{ "name", JSON_STRING, false, &s[NAME].found },
		{ "region", JSON_STRING, true, &s[REGION].found },
		{ "provider", JSON_STRING, true, &s[PROVIDER].found },
		{ "size", JSON_INT, true, &size },
		{ "devices", JSON_ARRAY, true, &devices },
		{ "state", JSON_STRING, true, &state },
		{ "verdict", JSON_STRING, true, &verdict },
		{ "ageUSec", JSON_INT, true, &age },
		{},
	};
	int r = read_members(o, fields);

	if (r < 0)
		return r;
	if (!is_u32(uid) || size < 0 || age < 0)
		return -EBADMSG;
	lease->uid = uid;
	lease->size = size;
	lease->age_usec = age;
	lease->state = state_from_name(state);
	lease->verdict = verdict_from_name(verdict);
	r = keep_strings(pool, s, STRINGS);
	if (r < 0)
		return r;
	return nested(devices, pool, sizeof(struct p2pmem_name), name_parse, &lease->devices);
}
