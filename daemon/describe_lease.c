/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>

#include "common/cleanup.h"
#include "common/json.h"
#include "common/pci.h"
#include "daemon/describe_lease.h"
#include "topology/describe.h"

static struct json_object *devices_new(const struct lease *l)
{
	_cleanup_json_ struct json_object *a = json_object_new_array();

	if (!a)
		return NULL;
	for (size_t i = 0; i < l->n_devices; i++)
		if (json_append(a, describe_address(&l->devices[i])) < 0)
			return NULL;
	return take_ptr(a);
}

static int add_container(struct json_object *o, const struct borrower *b)
{
	_cleanup_json_ struct json_object *container = NULL;

	if (!*b->container)
		return 0;
	container = json_object_new_object();
	if (!container || json_add_string(container, "id", b->container) < 0 ||
	    json_add_string(container, "runtime", b->runtime) < 0 ||
	    json_add_string(container, "claimedBy", b->claimed_by) < 0)
		return -ENOMEM;
	return json_add(o, "container", take_ptr(container));
}

static int add_borrower(struct json_object *o, const struct borrower *b)
{
	_cleanup_json_ struct json_object *borrower = NULL;

	if (!b->known)
		return 0;
	borrower = json_object_new_object();
	if (!borrower || json_add_int(borrower, "uid", b->uid) < 0 ||
	    json_add_string(borrower, "unit", b->unit) < 0 || add_container(borrower, b) < 0)
		return -ENOMEM;
	return json_add(o, "borrower", take_ptr(borrower));
}

const char *lease_state_name(enum p2pmem_state s)
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
	char id[LEASE_ID_MAX], name[REGION_NAME_MAX];

	if (!o || json_add_string(o, "id", lease_id(l, id)) < 0 ||
	    json_add_string(o, "tenant", l->tenant) < 0 || json_add_int(o, "uid", l->uid) < 0 ||
	    json_add_string(o, "rule", l->rule) < 0 || json_add_string(o, "name", l->name) < 0 ||
	    add_borrower(o, &l->borrower) < 0 ||
	    json_add_string(o, "region", region_name(&region, NULL, name)) < 0 ||
	    json_add(o, "provider", describe_address(&l->provider)) < 0 ||
	    json_add_int(o, "size", (int64_t)l->size) < 0 ||
	    json_add(o, "devices", devices_new(l)) < 0 ||
	    json_add_string(o, "state", lease_state_name(l->state)) < 0 ||
	    json_add_string(o, "verdict", verdict_name(l->verdict)) < 0 ||
	    json_add_int(o, "ageUSec", now > l->since ? (int64_t)(now - l->since) : 0) < 0)
		return NULL;
	return take_ptr(o);
}
