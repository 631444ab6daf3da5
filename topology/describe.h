/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The objects of the protocol, as docs/io.p2pmem.Broker.varlink defines them:
 * what the daemon sends, and what p2pmemctl makes where it looks for itself.
 * Each function returns a new object, NULL when memory is short.
 */
#pragma once

#include <json-c/json.h>

#include "topology/judgement.h"
#include "topology/topology.h"

struct json_object *describe_address(const struct p2pmem_pci_address *a);

/* A region's name: p2pmemN, or while the driver does not know it (NULL) its provider's address. */
#define REGION_NAME_MAX 32
char *region_name(const struct p2pmem_region_info *region, const struct topology_function *provider,
		  char buf[static REGION_NAME_MAX]);

/* What the pool of a provider holds. */
struct pool_use {
	uint64_t size;
	uint64_t free;
	bool known; /* what of it is in buffers is known, so the rest is in other hands */
};

struct json_object *describe_region(const struct topology_function *provider,
				    const struct p2pmem_region_info *region,
				    const struct pool_use *use);

/* Without @blocks, which is an array and taken over. */
struct json_object *describe_device(const struct topology_function *f, struct json_object *blocks);

/* @p2p: 1 its queue takes P2P pages, 0 it does not, -1 not known. */
struct json_object *describe_block(const struct topology_block *b, int p2p);

/* @region: NULL while the driver does not know it. */
struct json_object *describe_pair(const struct judgement *j,
				  const struct p2pmem_region_info *region);

/* The same as a reason for NoCompatibleRegion. */
struct json_object *describe_refusal(const struct judgement *j,
				     const struct p2pmem_region_info *region);

/* For Explanation. */
struct json_object *describe_path(const struct judgement *j);

struct json_object *describe_function(const struct topology_function *f,
				      const struct p2pmem_region_info *region);

/* A root bus, and whether the kernel lets traffic pass through it. */
struct json_object *describe_host_bridge(const struct topology *t, const struct topology_root *root,
					 enum path_answer passes, const char *reason);

/* Parts of the above; 0 or -ENOMEM. */
int describe_identity(struct json_object *o, const struct topology_function *f);
int describe_source(struct json_object *o, const struct judgement *j);
