/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The broker's world as one request sees it: the current topology, the
 * driver's regions, or why there are none, and the verdict on a pair.
 */
#pragma once

#include "daemon/broker.h"
#include "daemon/describe.h"
#include "topology/reason.h"

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
 * A pair and the words for its verdict, to which it points, or to the view's:
 * not to be copied, nor to be used after the view is done.
 */
struct judgement {
	struct pair pair;
	struct reason reason;
};

/* Asks the driver. Whatever it cannot say is `unknown`, with the reason. -ENOMEM. */
int view_judge(const struct view *v, const struct topology_function *provider,
	       const struct topology_function *client, struct judgement *ret);
void judgement_done(struct judgement *j);

/* Gives the pair the words of the judgement's own reason. */
void judgement_use_reason(struct judgement *j);
