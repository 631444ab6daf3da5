/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdint.h>

#include "common/cleanup.h"
#include "common/pci.h"
#include "topology/survey.h"

/* What is being told, and where to. */
struct telling {
	const struct survey *survey;
	struct survey_mark *mark;
	size_t left; /* that may still be told */
	survey_emit emit;
	void *userdata;
};

static int tell(struct telling *t, const struct topology_function *provider,
		const struct topology_function *client)
{
	_cleanup_(judgement_done) struct judgement j = {};
	int r = survey_judge(t->survey, provider, client, &j);

	if (r < 0)
		return r;
	t->left--;
	*t->mark = (struct survey_mark){ true, provider->address, client->address };
	return t->emit(describe_pair(&j, survey_region(t->survey, provider)), t->userdata);
}

/* The first client that was not told of @provider. */
static size_t first_client(const struct telling *t, const struct topology_function *provider)
{
	const struct topology *topology = t->survey->topology;
	const struct survey_mark *mark = t->mark;
	size_t i;

	if (!mark->begun || !pci_address_equal(&mark->provider, &provider->address))
		return 0;
	i = topology_from(topology, &mark->client);
	return i < topology->n_functions &&
			       pci_address_equal(&topology->functions[i]->address, &mark->client) ?
		       i + 1 :
		       i;
}

static int tell_region(struct telling *t, const struct topology_function *provider)
{
	const struct topology *topology = t->survey->topology;
	int r = 0;

	for (size_t i = first_client(t, provider); r >= 0 && i < topology->n_functions; i++) {
		if (!topology_is_client(topology->functions[i]))
			continue;
		if (t->left == 0)
			return SURVEY_MORE;
		r = tell(t, provider, topology->functions[i]);
	}
	return r < 0 ? r : 0;
}

int survey_some_pairs(const struct survey *s, const struct topology_function *provider,
		      struct survey_mark *mark, size_t max, survey_emit emit, void *userdata)
{
	struct telling t = { s, mark, max, emit, userdata };
	size_t i = mark->begun ? topology_from(s->topology, &mark->provider) : 0;
	int r = 0;

	if (provider)
		return tell_region(&t, provider);
	for (; r == 0 && i < s->topology->n_functions; i++)
		if (s->topology->functions[i]->provider)
			r = tell_region(&t, s->topology->functions[i]);
	return r;
}

int survey_pairs(const struct survey *s, const struct topology_function *provider, survey_emit emit,
		 void *userdata)
{
	struct survey_mark mark = {};

	return survey_some_pairs(s, provider, &mark, SIZE_MAX, emit, userdata);
}
