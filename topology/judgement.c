/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "topology/judgement.h"

static const struct verdict unknown = { P2PMEM_VERDICT_UNKNOWN, -1 };

void judgement_done(struct judgement *j)
{
	path_done(&j->path);
	reason_done(&j->reason);
	*j = (struct judgement){};
}

/* Bridges in a circle, which no real machine has, make no path. */
static int find_path(const struct topology *t, const struct topology_function *provider,
		     const struct topology_function *client, struct path *ret)
{
	int r = path_find(t, provider, client, ret);

	return r == -ELOOP ? 0 : r;
}

int judge_by_model(const struct topology *t, const struct topology_function *provider,
		   const struct topology_function *client, struct judgement *ret)
{
	struct judgement j = { .provider = provider, .client = client, .computed = unknown };
	int r = find_path(t, provider, client, &j.path);

	if (r == 0) {
		path_judge(&j.path, &t->cpu, &j.computed);
		j.verdict = j.computed;
		r = reason_for_path(&j.path, &t->cpu, &j.verdict, NULL, &j.reason);
	}
	if (r < 0) {
		judgement_done(&j);
		return r;
	}
	*ret = j;
	return 0;
}

/* What the rules give in the model. */
static int compute(const struct topology *t, const struct topology_function *provider,
		   const struct topology_function *client, struct path *model, struct verdict *ret)
{
	int r = find_path(t, provider, client, model);

	*ret = unknown;
	if (r == 0)
		path_judge(model, &t->cpu, ret);
	return r;
}

int judge_by_kernel(const struct topology *t, const struct topology_function *provider,
		    const struct topology_function *client, const struct verdict *said,
		    struct path *path, struct judgement *ret)
{
	struct judgement j = {
		.provider = provider,
		.client = client,
		.verdict = *said,
		.from_kernel = true,
		.path = *path,
	};
	struct path model = {};
	int r = compute(t, provider, client, &model, &j.computed);

	*path = (struct path){};
	if (r == 0 && j.path.n_hops == 0) {
		path_done(&j.path);
		j.path = model;
		model = (struct path){};
	}
	path_done(&model);
	if (r == 0)
		r = reason_for_path(&j.path, &t->cpu, &j.verdict, &j.computed, &j.reason);
	if (r < 0) {
		judgement_done(&j);
		return r;
	}
	*ret = j;
	return 0;
}

/* "WHY; by its rules it would be VERDICT: WHY" */
static int join_reasons(const struct reason *first, const struct judgement *j, struct reason *ret)
{
	return reason_set(ret, first->cause, first->remedy,
			  "%s; by the kernel's rules it would be %s: %s", first->why,
			  verdict_name(j->computed.verdict), j->reason.why);
}

int judge_nothing(const struct topology *t, const struct topology_function *provider,
		  const struct topology_function *client, struct reason *reason,
		  struct judgement *ret)
{
	struct reason joined = {};
	struct judgement j = {};
	int r = judge_by_model(t, provider, client, &j);

	if (r == 0 && j.computed.verdict != P2PMEM_VERDICT_UNKNOWN) {
		r = join_reasons(reason, &j, &joined);
		reason_done(reason);
	} else {
		joined = *reason;
		*reason = (struct reason){};
	}
	reason_done(&j.reason);
	j.reason = joined;
	j.verdict = unknown;
	if (r < 0) {
		judgement_done(&j);
		return r;
	}
	*ret = j;
	return 0;
}

bool judgement_turns_at(const struct judgement *j, const struct p2pmem_hop *hop)
{
	const struct topology_cpu none = {};
	struct path_findings f;

	path_examine(&j->path, &none, &f);
	if (!f.sound || j->verdict.verdict == P2PMEM_VERDICT_UNKNOWN)
		return false;
	if (j->verdict.verdict == P2PMEM_VERDICT_BUS)
		return hop == f.turn;
	return hop == f.bridges[0] || hop == f.bridges[1];
}
