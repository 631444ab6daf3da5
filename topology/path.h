/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The way between a provider and a client, hop by hop, and the verdict that
 * the kernel's rules give on it. Pure.
 *
 * Hops are those of P2PMEM_CONTROL_QUERY, in its order and with its flags, so
 * that what the driver said and what was read from sysfs are judged and
 * explained by the same code. Hops of a driver that is newer, or wrong, may be
 * anything: what does not make a path gets no verdict.
 */
#pragma once

#include "topology/topology.h"

/* In the flags of a hop from sysfs: its ACS could not be read. The driver never sets it. */
#define PATH_HOP_ACS_UNKNOWN (1U << 31)

/*
 * Of a host bridge from sysfs: @vendor and @device are those of the first
 * function on its root bus, and it is not known whether the kernel goes by it,
 * as the type of that port could not be read. Without a vendor, that could not
 * be read either. The driver never sets it.
 */
#define PATH_HOP_BRIDGE_UNKNOWN (1U << 30)

/* Bits of ACS control that send requests or completions up to the host bridge. */
#define PATH_ACS_REQUEST_REDIRECT 0x04
#define PATH_ACS_COMPLETION_REDIRECT 0x08
#define PATH_ACS_EGRESS_CONTROL 0x20
#define PATH_ACS_REDIRECTS \
	(PATH_ACS_REQUEST_REDIRECT | PATH_ACS_COMPLETION_REDIRECT | PATH_ACS_EGRESS_CONTROL)

/* The hops of the longest way there can be: buses have eight bits. */
#define PATH_DEPTH_MAX 256

struct path {
	struct p2pmem_hop *hops;
	size_t n_hops;
};

struct verdict {
	enum p2pmem_verdict verdict;
	int distance; /* as the kernel counts it; -1 where it refuses, or it is not known */
};

enum path_answer {
	PATH_NO,
	PATH_YES,
	PATH_UNKNOWN, /* it depends on what could not be read */
};

/* What the rules ask of a path. Pointers are to its hops. */
struct path_findings {
	bool sound; /* the hops make a path; nothing else is set if not */
	int distance;
	const struct p2pmem_hop
		*turn; /* the first that both sides share; NULL: host bridges only */
	enum path_answer redirected; /* away from there, by ACS */
	const struct p2pmem_hop *bridges[2]; /* the provider's host bridge and the client's */
	enum path_answer listed[2]; /* are they on the kernel's list, for this path? */
	enum path_answer cpu; /* is the processor one whose host bridges all do? */
	enum path_answer bridged; /* by one or the other: do they pass the traffic on? */
};

/*
 * Finds the way in the model. -ENOMEM; -ELOOP: the bridges above one of the
 * two are in a circle, or too many.
 */
int path_find(const struct topology *t, const struct topology_function *provider,
	      const struct topology_function *client, struct path *ret);
void path_done(struct path *p);

void path_examine(const struct path *p, const struct topology_cpu *cpu, struct path_findings *ret);

/* Could the verdict be that one, whatever it is that could not be read? */
bool path_allows(const struct path_findings *f, enum p2pmem_verdict verdict);

/* By the kernel's rules; `unknown` where they ask for something that could not be read. */
void path_judge(const struct path *p, const struct topology_cpu *cpu, struct verdict *ret);

/* The provider, or what is above it, and above the client as well. */
bool path_hop_is_common(const struct p2pmem_hop *hop);

/* Is @hop, which is one of @p, a function that ACS could redirect from? What is beyond the turn is not. */
bool path_hop_counts(const struct path *p, const struct path_findings *f,
		     const struct p2pmem_hop *hop);
