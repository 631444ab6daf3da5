/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The objects of the protocol, as docs/io.p2pmem.Broker.varlink defines them.
 * Each function returns a new object, NULL when memory is short.
 */
#pragma once

#include <json-c/json.h>

#include "daemon/lease.h"
#include "topology/topology.h"

struct pool {
	uint64_t size;
	uint64_t free;
};

/* A region's name: p2pmemN, or while the driver does not know it (NULL) its provider's address. */
#define REGION_NAME_MAX 32
char *region_name(const struct p2pmem_region_info *region, const struct topology_function *provider,
		  char buf[static REGION_NAME_MAX]);

struct json_object *describe_region(const struct topology_function *provider,
				    const struct p2pmem_region_info *region,
				    const struct pool *pool);

/* Without @blocks, which is an array and taken over. */
struct json_object *describe_device(const struct topology_function *f, struct json_object *blocks);

/* @p2p: 1 its queue takes P2P pages, 0 it does not, -1 not known. */
struct json_object *describe_block(const struct topology_block *b, int p2p);

struct pair {
	const struct topology_function *provider;
	const struct p2pmem_region_info *region; /* NULL: not known to the driver */
	const struct topology_function *client;
	enum p2pmem_verdict verdict;
	int distance; /* -1: none */
	const char *why; /* NULL: nothing to say */
	const char *remedy;
};

struct json_object *describe_pair(const struct pair *p);

/* The same as a reason for NoCompatibleRegion. */
struct json_object *describe_refusal(const struct pair *p);

/* @now: CLOCK_MONOTONIC in microseconds */
struct json_object *describe_lease(const struct lease *l, uint64_t now);
