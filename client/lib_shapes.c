/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The objects of io.p2pmem.Broker, as the library's structures have them. */
#include "client/lib.h"
#include "client/lib_shape.h"

#define MUST(type, json, kind_, member_) \
	{ .name = json, .kind = kind_, .required = true, .offset = offsetof(struct type, member_) }
#define MAY(type, json, kind_, member_) \
	{ .name = json, .kind = kind_, .offset = offsetof(struct type, member_) }
#define LIST(type, json, member_, of_)              \
	{ .name = json,                             \
	  .kind = MEMBER_LIST,                      \
	  .required = true,                         \
	  .offset = offsetof(struct type, member_), \
	  .of = &(of_) }
/* An optional one, of which an int of the structure says whether it is there. */
#define FLAGGED(type, json, kind_, member_, flag_, of_) \
	{ .name = json,                                 \
	  .kind = kind_,                                \
	  .offset = offsetof(struct type, member_),     \
	  .flag = offsetof(struct type, flag_),         \
	  .of = of_ }

#define SHAPE(type) { .size = sizeof(struct type), .members = type##_members }

#define R(json, kind, member) MUST(p2pmem_region, json, kind, member)
static const struct member p2pmem_region_members[] = {
	R("name", MEMBER_STRING, name),
	R("provider", MEMBER_STRING, provider),
	MAY(p2pmem_region, "driver", MEMBER_STRING, driver),
	R("vendor", MEMBER_U32, vendor),
	R("device", MEMBER_U32, device),
	MAY(p2pmem_region, "serial", MEMBER_STRING, serial),
	MAY(p2pmem_region, "model", MEMBER_STRING, model),
	R("size", MEMBER_U64, size),
	R("free", MEMBER_U64, free),
	R("allocated", MEMBER_U64, allocated),
	R("draining", MEMBER_U64, draining),
	R("buffers", MEMBER_U64, buffers),
	MAY(p2pmem_region, "numaNode", MEMBER_S32, numa_node),
	MAY(p2pmem_region, "heldByOthers", MEMBER_S64, held_by_others),
	MAY(p2pmem_region, "largestEstimate", MEMBER_S64, largest_estimate),
	MAY(p2pmem_region, "notLent", MEMBER_S64, not_lent),
	MAY(p2pmem_region, "drained", MEMBER_ANSWER, drained),
	{},
};
const struct shape shape_region = SHAPE(p2pmem_region);

#define B(json, kind, member) MUST(p2pmem_block_device, json, kind, member)
static const struct member p2pmem_block_device_members[] = {
	B("name", MEMBER_STRING, name),
	B("major", MEMBER_U32, major),
	B("minor", MEMBER_U32, minor),
	B("size", MEMBER_U64, size),
	B("logicalBlockSize", MEMBER_U32, logical_block_size),
	/* enum p2pmem_queue has the numbers of enum p2pmem_answer. */
	MAY(p2pmem_block_device, "peerToPeer", MEMBER_ANSWER, queue),
	{},
};
_Static_assert((int)P2PMEM_QUEUE_HOST_ONLY == (int)P2PMEM_ANSWER_NO &&
		       (int)P2PMEM_QUEUE_PEER_TO_PEER == (int)P2PMEM_ANSWER_YES,
	       "the same numbers");
static const struct shape shape_block_device = SHAPE(p2pmem_block_device);

#define D(json, kind, member) MUST(p2pmem_device, json, kind, member)
static const struct member p2pmem_device_members[] = {
	D("address", MEMBER_STRING, address),
	MAY(p2pmem_device, "driver", MEMBER_STRING, driver),
	D("vendor", MEMBER_U32, vendor),
	D("device", MEMBER_U32, device),
	MAY(p2pmem_device, "serial", MEMBER_STRING, serial),
	MAY(p2pmem_device, "model", MEMBER_STRING, model),
	MAY(p2pmem_device, "numaNode", MEMBER_S32, numa_node),
	LIST(p2pmem_device, "blockDevices", block_devices, shape_block_device),
	{},
};
const struct shape shape_device = SHAPE(p2pmem_device);

#define P(json, kind, member) MUST(p2pmem_pair, json, kind, member)
static const struct member p2pmem_pair_members[] = {
	P("region", MEMBER_STRING, region),
	P("provider", MEMBER_STRING, provider),
	P("device", MEMBER_STRING, device),
	P("verdict", MEMBER_VERDICT, verdict),
	MAY(p2pmem_pair, "distance", MEMBER_S32, distance),
	MAY(p2pmem_pair, "cause", MEMBER_STRING, cause),
	MAY(p2pmem_pair, "reason", MEMBER_STRING, reason),
	MAY(p2pmem_pair, "remedy", MEMBER_STRING, remedy),
	MAY(p2pmem_pair, "cost", MEMBER_STRING, cost),
	MAY(p2pmem_pair, "source", MEMBER_SOURCE, source),
	{},
};
const struct shape shape_pair = SHAPE(p2pmem_pair);

static const struct member container_members[] = {
	MUST(p2pmem_lease, "id", MEMBER_STRING, container),
	MUST(p2pmem_lease, "runtime", MEMBER_STRING, container_runtime),
	MAY(p2pmem_lease, "claimedBy", MEMBER_STRING, container_claimed_by),
	{},
};
static const struct shape shape_container = { .members = container_members };

static const struct member borrower_members[] = {
	MUST(p2pmem_lease, "uid", MEMBER_U32, borrower_uid),
	MAY(p2pmem_lease, "unit", MEMBER_STRING, borrower_unit),
	FLAGGED(p2pmem_lease, "container", MEMBER_INNER, has_container, has_container,
		&shape_container),
	{},
};
static const struct shape shape_borrower = { .members = borrower_members };

#define L(json, kind, member) MUST(p2pmem_lease, json, kind, member)
static const struct member p2pmem_lease_members[] = {
	L("id", MEMBER_STRING, id),
	L("tenant", MEMBER_STRING, tenant),
	L("uid", MEMBER_U32, uid),
	MAY(p2pmem_lease, "rule", MEMBER_STRING, rule),
	MAY(p2pmem_lease, "name", MEMBER_STRING, name),
	FLAGGED(p2pmem_lease, "borrower", MEMBER_INNER, has_borrower, has_borrower,
		&shape_borrower),
	L("region", MEMBER_STRING, region),
	L("provider", MEMBER_STRING, provider),
	L("size", MEMBER_U64, size),
	L("devices", MEMBER_NAMES, devices),
	L("state", MEMBER_STATE, state),
	L("verdict", MEMBER_VERDICT, verdict),
	L("ageUSec", MEMBER_U64, age_usec),
	{},
};
const struct shape shape_lease = SHAPE(p2pmem_lease);

#define H(json, kind, member) MUST(p2pmem_path_hop, json, kind, member)
static const struct member hop_acs_members[] = {
	H("capability", MEMBER_U16, acs_capability),
	H("control", MEMBER_U16, acs_control),
	H("redirects", MEMBER_NAMES, redirects),
	{},
};
static const struct shape shape_hop_acs = { .members = hop_acs_members };

static const struct member p2pmem_path_hop_members[] = {
	H("kind", MEMBER_KIND, kind),
	H("address", MEMBER_STRING, address),
	H("vendor", MEMBER_U16, vendor),
	H("device", MEMBER_U16, device),
	H("side", MEMBER_SIDE, sides),
	H("turn", MEMBER_FLAG, turn),
	FLAGGED(p2pmem_path_hop, "acs", MEMBER_INNER, has_acs, has_acs, &shape_hop_acs),
	H("acsKnown", MEMBER_FLAG, acs_known),
	{},
};
static const struct shape shape_path_hop = SHAPE(p2pmem_path_hop);

#define W(json, kind, member) MUST(p2pmem_path, json, kind, member)
static const struct member p2pmem_path_members[] = {
	W("device", MEMBER_STRING, device),
	W("verdict", MEMBER_VERDICT, verdict),
	FLAGGED(p2pmem_path, "computed", MEMBER_VERDICT, computed, has_computed, NULL),
	W("source", MEMBER_SOURCE, source),
	MAY(p2pmem_path, "distance", MEMBER_S32, distance),
	W("cause", MEMBER_STRING, cause),
	W("reason", MEMBER_STRING, reason),
	MAY(p2pmem_path, "remedy", MEMBER_STRING, remedy),
	MAY(p2pmem_path, "cost", MEMBER_STRING, cost),
	LIST(p2pmem_path, "hops", hops, shape_path_hop),
	{},
};
static const struct shape shape_path = SHAPE(p2pmem_path);

static const struct member p2pmem_layer_members[] = {
	MUST(p2pmem_layer, "name", MEMBER_STRING, name),
	MUST(p2pmem_layer, "kind", MEMBER_STRING, kind),
	MAY(p2pmem_layer, "passes", MEMBER_ANSWER, passes),
	MAY(p2pmem_layer, "reason", MEMBER_STRING, reason),
	{},
};
static const struct shape shape_layer = SHAPE(p2pmem_layer);

#define E(json, kind, member) MUST(p2pmem_explanation, json, kind, member)
static const struct member p2pmem_explanation_members[] = {
	E("region", MEMBER_STRING, region),
	E("provider", MEMBER_STRING, provider),
	E("device", MEMBER_STRING, device),
	E("verdict", MEMBER_VERDICT, verdict),
	E("cause", MEMBER_STRING, cause),
	E("reason", MEMBER_STRING, reason),
	MAY(p2pmem_explanation, "remedy", MEMBER_STRING, remedy),
	MAY(p2pmem_explanation, "cost", MEMBER_STRING, cost),
	LIST(p2pmem_explanation, "layers", layers, shape_layer),
	LIST(p2pmem_explanation, "paths", paths, shape_path),
	{},
};
const struct shape shape_explanation = SHAPE(p2pmem_explanation);

static const struct member p2pmem_host_bridge_members[] = {
	MUST(p2pmem_host_bridge, "root", MEMBER_STRING, root),
	MAY(p2pmem_host_bridge, "address", MEMBER_STRING, address),
	MAY(p2pmem_host_bridge, "vendor", MEMBER_U16, vendor),
	MAY(p2pmem_host_bridge, "device", MEMBER_U16, device),
	MAY(p2pmem_host_bridge, "passes", MEMBER_ANSWER, passes),
	MAY(p2pmem_host_bridge, "reason", MEMBER_STRING, reason),
	{},
};
const struct shape shape_host_bridge = SHAPE(p2pmem_host_bridge);

#define F(json, kind, member) MUST(p2pmem_function, json, kind, member)
static const struct member function_acs_members[] = {
	F("capability", MEMBER_U16, acs_capability),
	F("control", MEMBER_U16, acs_control),
	F("redirects", MEMBER_NAMES, redirects),
	{},
};
static const struct shape shape_function_acs = { .members = function_acs_members };

static const struct member p2pmem_function_members[] = {
	F("address", MEMBER_STRING, address),
	MAY(p2pmem_function, "parent", MEMBER_STRING, parent),
	F("root", MEMBER_STRING, root),
	F("kind", MEMBER_KIND, kind),
	F("class", MEMBER_U32, class_code),
	F("vendor", MEMBER_U16, vendor),
	F("device", MEMBER_U16, device),
	MAY(p2pmem_function, "driver", MEMBER_STRING, driver),
	MAY(p2pmem_function, "serial", MEMBER_STRING, serial),
	MAY(p2pmem_function, "model", MEMBER_STRING, model),
	MAY(p2pmem_function, "numaNode", MEMBER_S32, numa_node),
	FLAGGED(p2pmem_function, "acs", MEMBER_INNER, has_acs, has_acs, &shape_function_acs),
	F("acsKnown", MEMBER_FLAG, acs_known),
	MAY(p2pmem_function, "region", MEMBER_STRING, region),
	F("client", MEMBER_FLAG, client),
	F("blockDevices", MEMBER_NAMES, blocks),
	{},
};
const struct shape shape_function = SHAPE(p2pmem_function);

static const struct member p2pmem_count_members[] = {
	MUST(p2pmem_count, "name", MEMBER_STRING, name),
	MUST(p2pmem_count, "count", MEMBER_U64, count),
	{},
};
static const struct shape shape_count = SHAPE(p2pmem_count);

static const struct member p2pmem_latency_bucket_members[] = {
	MAY(p2pmem_latency_bucket, "upToUSec", MEMBER_S64, up_to_usec),
	MUST(p2pmem_latency_bucket, "count", MEMBER_U64, count),
	{},
};
static const struct shape shape_latency_bucket = SHAPE(p2pmem_latency_bucket);

static const struct member p2pmem_tenant_use_members[] = {
	MUST(p2pmem_tenant_use, "tenant", MEMBER_STRING, tenant),
	MUST(p2pmem_tenant_use, "provider", MEMBER_STRING, provider),
	MUST(p2pmem_tenant_use, "leases", MEMBER_U64, leases),
	MUST(p2pmem_tenant_use, "bytes", MEMBER_U64, bytes),
	{},
};
static const struct shape shape_tenant_use = SHAPE(p2pmem_tenant_use);

#define M(json, kind, member) MUST(p2pmem_metrics, json, kind, member)
static const struct member p2pmem_metrics_members[] = {
	M("version", MEMBER_STRING, version),
	LIST(p2pmem_metrics, "regions", regions, shape_region),
	LIST(p2pmem_metrics, "leases", leases, shape_count),
	FLAGGED(p2pmem_metrics, "tenants", MEMBER_LIST, tenants, has_tenants, &shape_tenant_use),
	M("policyRules", MEMBER_U64, policy_rules),
	M("policyValid", MEMBER_FLAG, policy_valid),
	M("policyLoads", MEMBER_U64, policy_loads),
	M("leasesGranted", MEMBER_U64, leases_granted),
	M("leasesEnded", MEMBER_U64, leases_ended),
	M("bytesGranted", MEMBER_U64, bytes_granted),
	LIST(p2pmem_metrics, "requests", requests, shape_count),
	LIST(p2pmem_metrics, "refusals", refusals, shape_count),
	LIST(p2pmem_metrics, "revocations", revocations, shape_count),
	M("connectionsAccepted", MEMBER_U64, connections_accepted),
	LIST(p2pmem_metrics, "disconnections", disconnections, shape_count),
	LIST(p2pmem_metrics, "latency", latency, shape_latency_bucket),
	M("latencySumUSec", MEMBER_U64, latency_sum_usec),
	{},
};
const struct shape shape_metrics = SHAPE(p2pmem_metrics);

#define X(json, kind, member) MUST(p2pmem_policy_mistake, json, kind, member)
static const struct member p2pmem_policy_mistake_members[] = {
	X("file", MEMBER_STRING, file),
	MAY(p2pmem_policy_mistake, "line", MEMBER_S64, line),
	MAY(p2pmem_policy_mistake, "field", MEMBER_STRING, field),
	X("problem", MEMBER_STRING, problem),
	MAY(p2pmem_policy_mistake, "remedy", MEMBER_STRING, remedy),
	X("warning", MEMBER_FLAG, warning),
	{},
};
const struct shape shape_policy_mistake = SHAPE(p2pmem_policy_mistake);

static const struct member p2pmem_policy_members[] = {
	MUST(p2pmem_policy, "rules", MEMBER_U64, rules),
	LIST(p2pmem_policy, "mistakes", mistakes, shape_policy_mistake),
	{},
};
const struct shape shape_policy = SHAPE(p2pmem_policy);
