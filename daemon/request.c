/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/json.h"
#include "common/pci.h"
#include "common/utf8.h"
#include "daemon/request.h"

/* Bytes of a tenant's name for a lease, and of what may name a region. */
#define NAME_MAX_BYTES 128
#define REGION_MAX_BYTES 64

/* Majors have 12 bits, minors 20. */
#define MAJOR_MAX 0xfff
#define MINOR_MAX 0xfffff

/* What no parameter can sensibly be. */
#define ABSENT INT64_MIN

static int refuse(struct answer *a, const char *parameter)
{
	int r = answer_invalid(a, parameter);

	return r < 0 ? r : REQUEST_REFUSED;
}

/* A name without anything that would have to be replaced before it is shown. */
static bool name_is_clean(const char *name)
{
	_cleanup_free_ char *clean = NULL;

	if (!*name || strlen(name) > NAME_MAX_BYTES)
		return false;
	clean = utf8_clean(name);
	return clean && strcmp(clean, name) == 0;
}

static bool reference_parse(struct json_object *o, struct device_reference *ret)
{
	int64_t major = ABSENT, minor = ABSENT;
	const char *address = NULL, *bad;
	const struct json_field fields[] = {
		{ "major", JSON_INT, false, &major },
		{ "minor", JSON_INT, false, &minor },
		{ "address", JSON_STRING, false, &address },
		{},
	};
	struct device_reference d = {};

	if (!json_object_is_type(o, json_type_object) || json_read(o, fields, true, &bad) < 0)
		return false;
	if (address) {
		if (major != ABSENT || minor != ABSENT ||
		    pci_address_parse(address, &d.address) < 0)
			return false;
	} else {
		if (major < 0 || major > MAJOR_MAX || minor < 0 || minor > MINOR_MAX)
			return false;
		d.by_number = true;
		d.major = (unsigned int)major;
		d.minor = (unsigned int)minor;
	}
	*ret = d;
	return true;
}

static bool references_parse(struct json_object *array, struct request *ret)
{
	size_t n = json_object_array_length(array);

	if (n == 0 || n > REQUEST_DEVICES_MAX)
		return false;
	for (size_t i = 0; i < n; i++)
		if (!reference_parse(json_object_array_get_idx(array, i), &ret->devices[i]))
			return false;
	ret->n_devices = n;
	return true;
}

static bool size_parse(int64_t value, uint64_t *ret)
{
	int64_t page = sysconf(_SC_PAGESIZE);

	if (value <= 0 || value > INT64_MAX - page)
		return false;
	*ret = (uint64_t)((value + page - 1) / page * page);
	return true;
}

/* Less than through the host bridge is never lent, so it cannot be asked for. */
static bool verdict_allowed(const char *name, enum p2pmem_verdict *ret)
{
	return verdict_parse(name, ret) == 0 && *ret >= P2PMEM_VERDICT_BRIDGE;
}

static bool region_is_sensible(const char *region)
{
	return *region && strlen(region) <= REGION_MAX_BYTES;
}

int request_parse(struct json_object *parameters, struct request *ret, struct answer *ret_answer)
{
	struct request q = { .min_verdict = P2PMEM_VERDICT_BRIDGE };
	struct json_object *devices = NULL;
	const char *verdict = NULL, *bad;
	int64_t size = 0, min_size = ABSENT;
	const struct json_field fields[] = {
		{ "size", JSON_INT, true, &size },
		{ "minSize", JSON_INT, false, &min_size },
		{ "devices", JSON_ARRAY, true, &devices },
		{ "region", JSON_STRING, false, &q.region },
		{ "minVerdict", JSON_STRING, false, &verdict },
		{ "name", JSON_STRING, false, &q.name },
		{},
	};

	if (json_read(parameters, fields, true, &bad) < 0)
		return refuse(ret_answer, bad);
	if (!size_parse(size, &q.size))
		return refuse(ret_answer, "size");
	if (!size_parse(min_size == ABSENT ? size : min_size, &q.min_size) || q.min_size > q.size)
		return refuse(ret_answer, "minSize");
	if (!references_parse(devices, &q))
		return refuse(ret_answer, "devices");
	if (q.region && !region_is_sensible(q.region))
		return refuse(ret_answer, "region");
	if (verdict && !verdict_allowed(verdict, &q.min_verdict))
		return refuse(ret_answer, "minVerdict");
	if (q.name && !name_is_clean(q.name))
		return refuse(ret_answer, "name");
	*ret = q;
	return REQUEST_OK;
}

int question_parse(struct json_object *parameters, struct question *ret, struct answer *ret_answer)
{
	struct json_object *device = NULL;
	struct question q = {};
	const char *bad;
	const struct json_field fields[] = {
		{ "region", JSON_STRING, true, &q.region },
		{ "device", JSON_OBJECT, true, &device },
		{},
	};

	if (json_read(parameters, fields, true, &bad) < 0)
		return refuse(ret_answer, bad);
	if (!region_is_sensible(q.region))
		return refuse(ret_answer, "region");
	if (!reference_parse(device, &q.device))
		return refuse(ret_answer, "device");
	*ret = q;
	return REQUEST_OK;
}

int region_parameter_parse(struct json_object *parameters, const char **ret,
			   struct answer *ret_answer)
{
	const char *region = NULL, *bad;
	const struct json_field fields[] = { { "region", JSON_STRING, false, &region }, {} };

	if (json_read(parameters, fields, true, &bad) < 0)
		return refuse(ret_answer, bad);
	if (region && !region_is_sensible(region))
		return refuse(ret_answer, "region");
	*ret = region;
	return REQUEST_OK;
}
