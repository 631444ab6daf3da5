/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What is known where a verdict on a path is put in words. reason_path.c finds
 * the cause; why is in reason_why.c and, for host bridges, in reason_doubt.c;
 * remedy and cost are in reason_remedy.c. They write to a stream that grows
 * with the text.
 */
#pragma once

#include <stdio.h>

#include "topology/reason.h"

struct reason_case {
	const struct path *path;
	struct path_findings findings;
	enum p2pmem_verdict verdict;
	enum cause cause;
	enum p2pmem_verdict computed; /* by the rules */
	enum cause computed_cause; /* CAUSE_UNKNOWN: it is not about this path */
};

/* The ports that a text is about. */
enum reason_ports {
	REASON_PORTS_REDIRECTING,
	REASON_PORTS_UNREAD, /* whose ACS could not be read */
};

bool reason_port_is(const struct reason_case *c, const struct p2pmem_hop *hop,
		    enum reason_ports which);
size_t reason_count_ports(const struct reason_case *c, enum reason_ports which);

/* Is it one host bridge for both? */
bool reason_same_bridge(const struct reason_case *c);

/* Its address; of one that the kernel cannot identify, its root bus. */
void reason_write_bridge_name(const struct p2pmem_hop *bridge, FILE *f);

/* Goes on after a clause that names the host bridges. */
void reason_write_doubts(const struct reason_case *c, FILE *f);

void reason_write_why(const struct reason_case *c, FILE *f);
/* These write nothing where there is nothing to say. */
void reason_write_remedy(const struct reason_case *c, FILE *f);
void reason_write_cost(const struct reason_case *c, FILE *f);
