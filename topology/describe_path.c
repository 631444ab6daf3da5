/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Paths, functions and host bridges: what of the protocol tells of the PCI tree. */
#include "common/cleanup.h"
#include "common/json.h"
#include "topology/describe.h"

static const char *const kinds[] = {
	[P2PMEM_HOP_ENDPOINT] = "endpoint",
	[P2PMEM_HOP_DOWNSTREAM_PORT] = "downstream_port",
	[P2PMEM_HOP_UPSTREAM_PORT] = "upstream_port",
	[P2PMEM_HOP_ROOT_PORT] = "root_port",
	[P2PMEM_HOP_BRIDGE] = "bridge",
	[P2PMEM_HOP_HOST_BRIDGE] = "host_bridge",
};

#define N_KINDS (sizeof(kinds) / sizeof(kinds[0]))

/* A newer driver may know of more. */
static const char *kind_name(uint32_t kind)
{
	return kind < N_KINDS && kinds[kind] ? kinds[kind] : "bridge";
}

static const char *side_name(uint32_t flags)
{
	bool client = flags & P2PMEM_HOP_CLIENT_SIDE;

	if (!(flags & P2PMEM_HOP_PROVIDER_SIDE))
		return "client";
	return client ? "both" : "provider";
}

static struct json_object *redirects_new(uint16_t control)
{
	static const struct {
		uint16_t bit;
		const char *name;
	} bits[] = {
		{ PATH_ACS_REQUEST_REDIRECT, "requests" },
		{ PATH_ACS_COMPLETION_REDIRECT, "completions" },
		{ PATH_ACS_EGRESS_CONTROL, "egress_control" },
	};
	_cleanup_json_ struct json_object *a = json_object_new_array();

	for (size_t i = 0; a && i < sizeof(bits) / sizeof(bits[0]); i++)
		if ((control & bits[i].bit) &&
		    json_append(a, json_object_new_string(bits[i].name)) < 0)
			return NULL;
	return take_ptr(a);
}

static int add_acs(struct json_object *o, enum topology_acs_state state, uint16_t capability,
		   uint16_t control)
{
	_cleanup_json_ struct json_object *acs = NULL;

	if (json_add_bool(o, "acsKnown", state != TOPOLOGY_ACS_UNKNOWN) < 0)
		return -ENOMEM;
	if (state != TOPOLOGY_ACS_PRESENT)
		return 0;
	acs = json_object_new_object();
	if (!acs || json_add_int(acs, "capability", capability) < 0 ||
	    json_add_int(acs, "control", control) < 0 ||
	    json_add(acs, "redirects", redirects_new(control)) < 0)
		return -ENOMEM;
	return json_add(o, "acs", take_ptr(acs));
}

static enum topology_acs_state acs_of_hop(const struct p2pmem_hop *hop)
{
	if (hop->flags & PATH_HOP_ACS_UNKNOWN)
		return TOPOLOGY_ACS_UNKNOWN;
	return hop->flags & P2PMEM_HOP_ACS ? TOPOLOGY_ACS_PRESENT : TOPOLOGY_ACS_ABSENT;
}

static struct json_object *describe_hop(const struct judgement *j, const struct p2pmem_hop *hop)
{
	_cleanup_json_ struct json_object *o = json_object_new_object();

	if (!o || json_add_string(o, "kind", kind_name(hop->kind)) < 0 ||
	    json_add(o, "address", describe_address(&hop->address)) < 0 ||
	    json_add_int(o, "vendor", hop->vendor) < 0 ||
	    json_add_int(o, "device", hop->device) < 0 ||
	    json_add_string(o, "side", side_name(hop->flags)) < 0 ||
	    json_add_bool(o, "turn", judgement_turns_at(j, hop)) < 0 ||
	    add_acs(o, acs_of_hop(hop), hop->acs_capability, hop->acs_control) < 0)
		return NULL;
	return take_ptr(o);
}

static struct json_object *hops_new(const struct judgement *j)
{
	_cleanup_json_ struct json_object *a = json_object_new_array();

	for (size_t i = 0; a && i < j->path.n_hops; i++)
		if (json_append(a, describe_hop(j, &j->path.hops[i])) < 0)
			return NULL;
	return take_ptr(a);
}

struct json_object *describe_path(const struct judgement *j)
{
	_cleanup_json_ struct json_object *o = json_object_new_object();

	if (!o || json_add(o, "device", describe_address(&j->client->address)) < 0 ||
	    json_add_string(o, "verdict", verdict_name(j->verdict.verdict)) < 0 ||
	    json_add_string(o, "computed", verdict_name(j->computed.verdict)) < 0 ||
	    describe_source(o, j) < 0 || json_add_string(o, "reason", j->reason.why) < 0 ||
	    json_add_string(o, "remedy", j->reason.remedy) < 0 ||
	    json_add(o, "hops", hops_new(j)) < 0)
		return NULL;
	return take_ptr(o);
}

static const char *kind_of(const struct topology_function *f)
{
	switch (f->type) {
	case TOPOLOGY_TYPE_ROOT_PORT:
		return kinds[P2PMEM_HOP_ROOT_PORT];
	case TOPOLOGY_TYPE_UPSTREAM:
		return kinds[P2PMEM_HOP_UPSTREAM_PORT];
	case TOPOLOGY_TYPE_DOWNSTREAM:
		return kinds[P2PMEM_HOP_DOWNSTREAM_PORT];
	default:
		return kinds[f->bridge ? P2PMEM_HOP_BRIDGE : P2PMEM_HOP_ENDPOINT];
	}
}

static struct json_object *blocks_new(const struct topology_function *f)
{
	_cleanup_json_ struct json_object *a = json_object_new_array();

	for (size_t i = 0; a && i < f->n_blocks; i++)
		if (json_append(a, json_object_new_string(f->blocks[i].name)) < 0)
			return NULL;
	return take_ptr(a);
}

static int add_place(struct json_object *o, const struct topology_function *f)
{
	if (json_add(o, "address", describe_address(&f->address)) < 0 ||
	    (f->parent && json_add(o, "parent", describe_address(&f->parent->address)) < 0) ||
	    json_add_string(o, "root", f->root->name) < 0 ||
	    json_add_string(o, "kind", kind_of(f)) < 0)
		return -ENOMEM;
	return json_add_int(o, "class", f->class);
}

struct json_object *describe_function(const struct topology_function *f,
				      const struct p2pmem_region_info *region)
{
	_cleanup_json_ struct json_object *o = json_object_new_object();
	char name[REGION_NAME_MAX];

	if (!o || add_place(o, f) < 0 || describe_identity(o, f) < 0 ||
	    add_acs(o, f->acs.state, f->acs.capability, f->acs.control) < 0 ||
	    (f->provider && json_add_string(o, "region", region_name(region, f, name)) < 0) ||
	    json_add_bool(o, "client", topology_is_client(f)) < 0 ||
	    json_add(o, "blockDevices", blocks_new(f)) < 0)
		return NULL;
	return take_ptr(o);
}

/* The function that the kernel knows it by. */
static int add_bridge(struct json_object *o, const struct topology_function *f)
{
	if (!f)
		return 0;
	if (json_add(o, "address", describe_address(&f->address)) < 0 ||
	    json_add_int(o, "vendor", f->vendor) < 0)
		return -ENOMEM;
	return json_add_int(o, "device", f->device);
}

struct json_object *describe_host_bridge(const struct topology *t, const struct topology_root *root,
					 enum path_answer passes, const char *reason)
{
	_cleanup_json_ struct json_object *o = json_object_new_object();

	if (!o || json_add_string(o, "root", root->name) < 0 ||
	    add_bridge(o, topology_host_bridge(t, root)) < 0 ||
	    (passes != PATH_UNKNOWN && json_add_bool(o, "passes", passes == PATH_YES) < 0) ||
	    json_add_string(o, "reason", reason) < 0)
		return NULL;
	return take_ptr(o);
}
