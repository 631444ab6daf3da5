/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The broker's world as one request sees it: the current topology, the
 * driver's regions, or why there are none, and the verdict on a pair.
 */
#pragma once

#include "daemon/broker.h"
#include "topology/reason.h"
#include "topology/survey.h"

struct view {
	struct broker *broker;
	const struct topology *topology;
	struct p2pmem_region_info *regions;
	size_t n_regions;
	int driver_error; /* 0, or why the driver could not be asked */
	struct reason driver_reason; /* with driver_error */
};

int view_open(struct broker *b, struct view *ret);
void view_done(struct view *v);

/* NULL: the driver does not know it. */
const struct p2pmem_region_info *view_region(const struct view *v,
					     const struct topology_function *provider);

/*
 * The driver's word where there is a driver; what it cannot say is `unknown`,
 * with the reason. Without a driver, what the rules say.
 */
int view_judge(const struct view *v, const struct topology_function *provider,
	       const struct topology_function *client, struct judgement *ret);

/* For what is told of the machine. @ret borrows from @v, which has to stay where it is. */
void view_survey(struct view *v, struct survey *ret);
