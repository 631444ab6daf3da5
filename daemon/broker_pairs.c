/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The list of pairs, which grows with regions times devices: in parts, so that
 * neither memory nor the time until others are served grows with it.
 */
#include <errno.h>
#include <stddef.h>

#include "common/cleanup.h"
#include "daemon/broker.h"
#include "daemon/refuse.h"
#include "daemon/request.h"
#include "daemon/view.h"

#define PAIRS_MAX 512U /* in one part */

struct pairs {
	struct answer_rest rest;
	struct survey_mark mark;
	bool of_one; /* region, which is that of @provider */
	struct p2pmem_pci_address provider;
};

static void pairs_done(struct answer_rest *rest)
{
	free((char *)rest - offsetof(struct pairs, rest));
}

static int append(struct json_object *o, void *userdata)
{
	return answer_append(userdata, "pair", o);
}

static int go_on(struct answer_rest *rest, struct broker *b, struct answer *ret);

/* @p is where it goes on from, and then how it goes on from there. */
static int tell(const struct survey *s, const struct topology_function *provider,
		const struct pairs *p, struct answer *ret)
{
	struct pairs *next = malloc(sizeof(*next));
	int r;

	if (!next)
		return -ENOMEM;
	*next = *p;
	next->rest = (struct answer_rest){ go_on, pairs_done };
	r = survey_some_pairs(s, provider, &next->mark, PAIRS_MAX, append, ret);
	if (r == SURVEY_MORE)
		ret->rest = &next->rest;
	else
		free(next);
	return r < 0 ? r : 0;
}

static int go_on(struct answer_rest *rest, struct broker *b, struct answer *ret)
{
	const struct pairs *p = (struct pairs *)((char *)rest - offsetof(struct pairs, rest));
	const struct topology_function *provider = NULL;
	_cleanup_(view_done) struct view v = {};
	struct survey s;
	int r = view_open(b, &v);

	if (r < 0)
		return r;
	if (p->of_one) {
		provider = topology_find(v.topology, &p->provider);
		/* Gone meanwhile, and its pairs with it. */
		if (!provider)
			return 0;
	}
	view_survey(&v, &s);
	return tell(&s, provider, p, ret);
}

int broker_list_pairs(struct broker *b, struct json_object *parameters, struct answer *ret)
{
	const struct topology_function *provider = NULL;
	_cleanup_(view_done) struct view v = {};
	struct pairs p = {};
	const char *region;
	struct survey s;
	int r = region_parameter_parse(parameters, &region, ret);

	if (r != REQUEST_OK)
		return r < 0 ? r : 0;
	r = view_open(b, &v);
	if (r < 0)
		return r;
	view_survey(&v, &s);
	if (region) {
		provider = survey_find_region(&s, region);
		if (!provider)
			return refuse_region(region, ret);
		p.of_one = true;
		p.provider = provider->address;
	}
	return tell(&s, provider, &p, ret);
}
