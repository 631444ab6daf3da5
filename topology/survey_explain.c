/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * An explanation: the layers of a block device, the path to each PCI function
 * below them, and what is to be said of them as a whole, which is what holds
 * for the worst.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/json.h"
#include "common/pci.h"
#include "topology/block.h"
#include "topology/survey.h"

struct explanation {
	const struct survey *survey;
	const struct topology_function *provider;
	const char *device; /* by which it is known */
	struct json_object *layers;
	struct json_object *paths;
	enum p2pmem_verdict verdict;
	struct reason reason; /* of the verdict */
};

static void explanation_done(struct explanation *e)
{
	json_object_put(e->layers);
	json_object_put(e->paths);
	reason_done(&e->reason);
}

static int explanation_init(struct explanation *e)
{
	e->verdict = P2PMEM_VERDICT_BUS;
	e->layers = json_object_new_array();
	e->paths = json_object_new_array();
	return e->layers && e->paths ? 0 : -ENOMEM;
}

static int explanation_finish(struct explanation *e, struct json_object **ret)
{
	_cleanup_json_ struct json_object *o = json_object_new_object();
	char name[REGION_NAME_MAX];

	region_name(survey_region(e->survey, e->provider), e->provider, name);
	if (!o || json_add_string(o, "region", name) < 0 ||
	    json_add(o, "provider", describe_address(&e->provider->address)) < 0 ||
	    json_add_string(o, "device", e->device) < 0 ||
	    json_add_string(o, "verdict", verdict_name(e->verdict)) < 0 ||
	    json_add_string(o, "cause", cause_name(e->reason.cause)) < 0 ||
	    json_add_string(o, "reason", e->reason.why ?: "not known") < 0 ||
	    json_add_string(o, "remedy", e->reason.remedy) < 0 ||
	    json_add_string(o, "cost", e->reason.cost) < 0 ||
	    json_add(o, "layers", take_ptr(e->layers)) < 0 ||
	    json_add(o, "paths", take_ptr(e->paths)) < 0)
		return -ENOMEM;
	*ret = take_ptr(o);
	return 0;
}

/* `unsupported` is worse than `unknown`: no better knowledge will help. */
static int badness(enum p2pmem_verdict v)
{
	switch (v) {
	case P2PMEM_VERDICT_BUS:
		return 0;
	case P2PMEM_VERDICT_BRIDGE:
		return 1;
	case P2PMEM_VERDICT_UNSUPPORTED:
		return 3;
	default:
		return 2;
	}
}

/* Makes @verdict that of the whole, if nothing as bad or worse is. Takes the reason over. */
static void blame(struct explanation *e, enum p2pmem_verdict verdict, struct reason *reason)
{
	if (e->reason.why && badness(verdict) <= badness(e->verdict))
		return;
	reason_done(&e->reason);
	e->verdict = verdict;
	e->reason = *reason;
	*reason = (struct reason){};
}

static int put_before(struct reason *reason, const char *words)
{
	char *why;

	if (asprintf(&why, "%s: %s", words, reason->why ?: "not known") < 0)
		return -ENOMEM;
	free(reason->why);
	reason->why = why;
	return 0;
}

/* @member: what the reason is to begin with, or NULL. */
static int add_path(struct explanation *e, const struct topology_function *client,
		    const char *member)
{
	_cleanup_(judgement_done) struct judgement j = {};
	int r = survey_judge(e->survey, e->provider, client, &j);

	if (r == 0)
		r = json_append(e->paths, describe_path(&j));
	if (r == 0 && member)
		r = put_before(&j.reason, member);
	if (r == 0)
		blame(e, j.verdict.verdict, &j.reason);
	return r;
}

/* ---- a PCI function -------------------------------------------------- */

static int refuse_bridge(struct explanation *e)
{
	struct reason why = {};
	int r = reason_set(&why, CAUSE_NO_CLIENT, "Ask for the device below it.",
			   "%s is a bridge, which does no DMA of its own", e->device);

	if (r == 0)
		blame(e, P2PMEM_VERDICT_UNSUPPORTED, &why);
	return r;
}

int survey_explain_function(const struct survey *s, const struct topology_function *provider,
			    const struct p2pmem_pci_address *device, struct json_object **ret)
{
	const struct topology_function *client = topology_find(s->topology, device);
	char address[PCI_ADDRESS_MAX];
	_cleanup_(explanation_done) struct explanation e = {
		.survey = s,
		.provider = provider,
		.device = pci_address_format(device, address),
	};
	int r;

	if (!client)
		return SURVEY_NO_DEVICE;
	r = explanation_init(&e);
	if (r == 0)
		r = client->bridge ? refuse_bridge(&e) : add_path(&e, client, NULL);
	return r < 0 ? r : explanation_finish(&e, ret);
}

/* ---- a block device -------------------------------------------------- */

static struct json_object *describe_layer(const struct layer *l)
{
	_cleanup_json_ struct json_object *o = json_object_new_object();
	_cleanup_free_ char *why = NULL;
	const char *remedy;

	if (!o || json_add_string(o, "name", l->name) < 0 ||
	    json_add_string(o, "kind", layer_kind_name(l->kind)) < 0 ||
	    (l->passes != LAYER_PASSES_UNKNOWN &&
	     json_add_bool(o, "passes", l->passes == LAYER_PASSES_YES) < 0) ||
	    layer_reason(l, &why, &remedy) < 0 || json_add_string(o, "reason", why) < 0)
		return NULL;
	return take_ptr(o);
}

static int add_layers(struct explanation *e, const struct block_target *t)
{
	for (size_t i = 0; i < t->n_layers; i++)
		if (json_append(e->layers, describe_layer(&t->layers[i])) < 0)
			return -ENOMEM;
	return 0;
}

/* The layer that is in the way, if there is one. */
static int blame_layer(struct explanation *e, const struct block_target *t)
{
	const struct layer *l = block_refusal(t);
	_cleanup_free_ char *why = NULL;
	const char *remedy = NULL;
	struct reason reason = {};
	int r;

	if (!l)
		return 0;
	r = layer_reason(l, &why, &remedy);
	if (r == 0)
		r = reason_set(&reason, CAUSE_LAYER, remedy, "%s", why ?: "it has no PCI function");
	if (r == 0)
		blame(e,
		      l->passes == LAYER_PASSES_UNKNOWN ? P2PMEM_VERDICT_UNKNOWN :
							  P2PMEM_VERDICT_UNSUPPORTED,
		      &reason);
	reason_done(&reason);
	return r;
}

/* One that is not in the model came, or went, meanwhile. */
static int lose_function(struct explanation *e, const struct p2pmem_pci_address *address)
{
	char text[PCI_ADDRESS_MAX];
	struct reason why = {};
	int r = reason_set(&why, CAUSE_PATH_UNKNOWN, NULL, "%s, which does its DMA, is not there",
			   pci_address_format(address, text));

	if (r == 0)
		blame(e, P2PMEM_VERDICT_UNKNOWN, &why);
	reason_done(&why);
	return r;
}

static bool serves(const struct topology_function *f, const char *block)
{
	for (size_t i = 0; i < f->n_blocks; i++)
		if (strcmp(f->blocks[i].name, block) == 0)
			return true;
	return false;
}

/* Of which of several the words are: a drive, or one way to it. Empty for one alone. */
static int name_member(const struct block_target *t, const struct topology_function *f, char **ret)
{
	char address[PCI_ADDRESS_MAX];
	const char *drive = NULL;

	pci_address_format(&f->address, address);
	for (size_t i = 0; !drive && i < t->n_layers; i++)
		if (t->layers[i].kind == LAYER_NVME && serves(f, t->layers[i].name))
			drive = t->layers[i].name;
	*ret = NULL;
	if (t->n_functions < 2)
		return 0;
	if ((drive ? asprintf(ret, "its member %s (%s)", drive, address) :
		     asprintf(ret, "its path by %s", address)) >= 0)
		return 0;
	*ret = NULL;
	return -ENOMEM;
}

static int add_member(struct explanation *e, const struct block_target *t,
		      const struct topology_function *f)
{
	_cleanup_free_ char *member = NULL;
	int r = name_member(t, f, &member);

	return r < 0 ? r : add_path(e, f, member);
}

static int add_paths(struct explanation *e, const struct block_target *t)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < t->n_functions; i++) {
		const struct topology_function *f =
			topology_find(e->survey->topology, &t->functions[i]);

		r = f ? add_member(e, t, f) : lose_function(e, &t->functions[i]);
	}
	return r;
}

static int explain_target(struct explanation *e, const struct block_target *t,
			  struct json_object **ret)
{
	int r = explanation_init(e);

	if (r == 0)
		r = add_layers(e, t);
	if (r == 0)
		r = blame_layer(e, t);
	if (r == 0)
		r = add_paths(e, t);
	return r < 0 ? r : explanation_finish(e, ret);
}

int survey_explain_block(const struct survey *s, const struct topology_function *provider,
			 unsigned int major, unsigned int minor, struct json_object **ret)
{
	_cleanup_(explanation_done) struct explanation e = { .survey = s, .provider = provider };
	_cleanup_(block_target_done) struct block_target t = {};
	int r = block_resolve(s->sysfs, major, minor, s->release, &t);

	if (r < 0)
		return r == -ENODEV ? SURVEY_NO_DEVICE : r;
	if (s->driver)
		block_ask(&t, s->driver->takes_p2p, s->data);
	e.device = t.n_layers > 0 ? t.layers[0].name : "?";
	return explain_target(&e, &t, ret);
}
