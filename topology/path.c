/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Finds the way in the model. The order and the flags are the driver's: the
 * provider and all above it, its host bridge, then what only the client has.
 */
#include <errno.h>
#include <stdlib.h>

#include "topology/path.h"

#define BOTH_SIDES (P2PMEM_HOP_PROVIDER_SIDE | P2PMEM_HOP_CLIENT_SIDE)

/* A path being built; there is room for every hop. */
struct walk {
	const struct topology *topology;
	struct path path;
};

static uint32_t hop_kind(const struct topology_function *f)
{
	switch (f->type) {
	case TOPOLOGY_TYPE_ROOT_PORT:
		return P2PMEM_HOP_ROOT_PORT;
	case TOPOLOGY_TYPE_UPSTREAM:
		return P2PMEM_HOP_UPSTREAM_PORT;
	case TOPOLOGY_TYPE_DOWNSTREAM:
		return P2PMEM_HOP_DOWNSTREAM_PORT;
	default:
		return f->bridge ? P2PMEM_HOP_BRIDGE : P2PMEM_HOP_ENDPOINT;
	}
}

static void set_acs(const struct topology_acs *acs, struct p2pmem_hop *hop)
{
	if (acs->state == TOPOLOGY_ACS_UNKNOWN)
		hop->flags |= PATH_HOP_ACS_UNKNOWN;
	if (acs->state != TOPOLOGY_ACS_PRESENT)
		return;
	hop->flags |= P2PMEM_HOP_ACS;
	hop->acs_capability = acs->capability;
	hop->acs_control = acs->control;
}

static struct p2pmem_hop *add_hop(struct walk *w, uint32_t kind, uint32_t sides)
{
	struct p2pmem_hop *hop = &w->path.hops[w->path.n_hops++];

	*hop = (struct p2pmem_hop){ .size = sizeof(*hop), .kind = kind, .flags = sides };
	return hop;
}

static void add_function(struct walk *w, const struct topology_function *f, uint32_t sides)
{
	struct p2pmem_hop *hop = add_hop(w, hop_kind(f), sides);

	hop->address = f->address;
	hop->vendor = f->vendor;
	hop->device = f->device;
	set_acs(&f->acs, hop);
}

/* What sysfs says of every function, a bridge or not, rules most of the doubt out. */
static bool may_be_root_port(const struct topology_function *f)
{
	return f->type == TOPOLOGY_TYPE_ROOT_PORT ||
	       (f->type == TOPOLOGY_TYPE_UNKNOWN && f->bridge);
}

static void add_host_bridge(struct walk *w, const struct topology_root *root, uint32_t sides)
{
	const struct topology_function *first = topology_first(w->topology, root);
	struct p2pmem_hop *hop = add_hop(w, P2PMEM_HOP_HOST_BRIDGE, sides);

	hop->address.domain = root->domain;
	hop->address.bus = root->bus;
	if (!first || (first->address.devfn != 0 && !may_be_root_port(first)))
		return;
	hop->address.devfn = first->address.devfn;
	if (first->address.devfn != 0 && first->type == TOPOLOGY_TYPE_UNKNOWN)
		hop->flags |= PATH_HOP_BRIDGE_UNKNOWN;
	/* One number alone does not say which it is. */
	if (first->vendor == 0 || first->device == 0) {
		hop->flags |= PATH_HOP_BRIDGE_UNKNOWN;
		return;
	}
	hop->vendor = first->vendor;
	hop->device = first->device;
}

/* How many there are from @f upwards; 0: without an end. */
static size_t depth(const struct topology_function *f)
{
	size_t n = 0;

	for (; f; f = f->parent)
		if (++n > PATH_DEPTH_MAX)
			return 0;
	return n;
}

/* The lowest that is at or above both, given their depths. */
static const struct topology_function *common(const struct topology_function *a, size_t depth_a,
					      const struct topology_function *b, size_t depth_b)
{
	for (; depth_a > depth_b; depth_a--)
		a = a->parent;
	for (; depth_b > depth_a; depth_b--)
		b = b->parent;
	for (; a != b; a = a->parent)
		b = b->parent;
	return a;
}

static void add_provider_side(struct walk *w, const struct topology_function *f,
			      const struct topology_function *turn, bool shared)
{
	const struct topology_root *root = f->root;
	uint32_t sides = P2PMEM_HOP_PROVIDER_SIDE;

	for (; f; f = f->parent) {
		if (f == turn)
			sides = BOTH_SIDES;
		add_function(w, f, sides);
	}
	if (root)
		add_host_bridge(w, root, shared ? BOTH_SIDES : P2PMEM_HOP_PROVIDER_SIDE);
}

static void add_client_side(struct walk *w, const struct topology_function *f,
			    const struct topology_function *turn, bool shared)
{
	const struct topology_root *root = f->root;

	for (; f && f != turn; f = f->parent)
		add_function(w, f, P2PMEM_HOP_CLIENT_SIDE);
	if (root && !shared)
		add_host_bridge(w, root, P2PMEM_HOP_CLIENT_SIDE);
}

int path_find(const struct topology *t, const struct topology_function *provider,
	      const struct topology_function *client, struct path *ret)
{
	size_t depth_p = depth(provider), depth_c = depth(client);
	bool shared = provider->root == client->root;
	const struct topology_function *turn;
	struct walk w = { .topology = t };

	if (depth_p == 0 || depth_c == 0)
		return -ELOOP;
	w.path.hops = calloc(depth_p + depth_c + 2, sizeof(*w.path.hops));
	if (!w.path.hops)
		return -ENOMEM;
	turn = common(provider, depth_p, client, depth_c);
	add_provider_side(&w, provider, turn, shared);
	add_client_side(&w, client, turn, shared);
	*ret = w.path;
	return 0;
}

void path_done(struct path *p)
{
	free(p->hops);
	*p = (struct path){};
}
