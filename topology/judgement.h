/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What is to be said of a pair: a verdict, the way that it is about, who says
 * so, and the words for it. Pure.
 */
#pragma once

#include "topology/path.h"
#include "topology/reason.h"

/* Owns the path and the words; points to functions of the topology. */
struct judgement {
	const struct topology_function *provider;
	const struct topology_function *client;
	struct verdict verdict;
	bool from_kernel; /* else @verdict is @computed */
	struct verdict computed; /* what the rules say by themselves */
	struct path path;
	struct reason reason;
};

void judgement_done(struct judgement *j);

/* By the rules, on what the model knows. -ENOMEM. */
int judge_by_model(const struct topology *t, const struct topology_function *provider,
		   const struct topology_function *client, struct judgement *ret);

/*
 * By the kernel's word, which came with @path; that is taken over, also on
 * failure. Without hops the model's are taken. -ENOMEM.
 */
int judge_by_kernel(const struct topology *t, const struct topology_function *provider,
		    const struct topology_function *client, const struct verdict *said,
		    struct path *path, struct judgement *ret);

/*
 * Nothing is known for certain of the pair, as the driver is there and could
 * not tell: @reason, which is taken over, also on failure. What the rules say
 * is told beside it. -ENOMEM.
 */
int judge_nothing(const struct topology *t, const struct topology_function *provider,
		  const struct topology_function *client, struct reason *reason,
		  struct judgement *ret);

/* Do requests turn at @hop, which is one of @j's? */
bool judgement_turns_at(const struct judgement *j, const struct p2pmem_hop *hop);
