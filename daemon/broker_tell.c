/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the broker tells anybody: regions, devices, pairs, the PCI tree, and why. */
#include <errno.h>
#include <stdio.h>

#include "common/cleanup.h"
#include "common/json.h"
#include "common/pci.h"
#include "common/varlink.h"
#include "daemon/drain.h"
#include "daemon/follow.h"
#include "daemon/refuse.h"
#include "daemon/request.h"
#include "daemon/view.h"

struct listing {
	struct answer *answer;
	const char *member;
};

static int append(struct json_object *o, void *userdata)
{
	const struct listing *l = userdata;

	return answer_append(l->answer, l->member, o);
}

static int tell(struct broker *b, const char *member,
		int (*survey)(const struct survey *s, survey_emit emit, void *userdata),
		struct answer *ret)
{
	_cleanup_(view_done) struct view v = {};
	struct listing l = { ret, member };
	int r = view_open(b, &v);
	struct survey s;

	if (r < 0)
		return r;
	view_survey(&v, &s);
	return survey(&s, append, &l);
}

/* What was lent of a region. What else is in buffers was allocated past the broker. */
static int64_t lent_of(const struct broker *b, const struct p2pmem_pci_address *provider)
{
	return (int64_t)accounts_region(&b->accounts, provider).bytes;
}

/* What the daemon alone knows of a region. */
static int add_lending(const struct broker *b, struct json_object *o)
{
	struct p2pmem_pci_address provider;
	int64_t allocated, draining, past;
	const char *address, *bad;
	const struct json_field fields[] = {
		{ "provider", JSON_STRING, true, &address },
		{ "allocated", JSON_INT, true, &allocated },
		{ "draining", JSON_INT, true, &draining },
		{},
	};

	if (json_read(o, fields, false, &bad) < 0 || pci_address_parse(address, &provider) < 0)
		return -EBADMSG;
	past = allocated + draining - lent_of(b, &provider);
	if (json_add_int(o, "notLent", past > 0 ? past : 0) < 0)
		return -ENOMEM;
	return json_add_bool(o, "drained", drains_have(b, &provider));
}

int broker_list_regions(struct broker *b, struct answer *ret)
{
	int r = broker_follow(b) == -ENOMEM ? -ENOMEM : tell(b, "region", survey_regions, ret);
	size_t n = ret->list ? json_object_array_length(ret->list) : 0;

	for (size_t i = 0; r == 0 && i < n; i++)
		r = add_lending(b, json_object_object_get(json_object_array_get_idx(ret->list, i),
							  "region"));
	return r;
}

int broker_list_devices(struct broker *b, struct answer *ret)
{
	return tell(b, "device", survey_devices, ret);
}

int broker_list_host_bridges(struct broker *b, struct answer *ret)
{
	return tell(b, "hostBridge", survey_host_bridges, ret);
}

int broker_list_functions(struct broker *b, struct answer *ret)
{
	return tell(b, "function", survey_functions, ret);
}

static int no_such_device(const struct device_reference *d, struct answer *ret)
{
	char text[PCI_ADDRESS_MAX + 16];

	if (d->by_number)
		snprintf(text, sizeof(text), "%u:%u", d->major, d->minor);
	else
		pci_address_format(&d->address, text);
	return answer_error_strings(ret, BROKER_INTERFACE ".NoSuchDevice", "device", text, NULL,
				    NULL);
}

static int answer_explanation(struct json_object *explanation, struct answer *ret)
{
	ret->parameters = json_object_new_object();
	if (ret->parameters)
		return json_add(ret->parameters, "explanation", explanation);
	json_object_put(explanation);
	return -ENOMEM;
}

static int explain(const struct survey *s, const struct question *q, struct answer *ret)
{
	const struct topology_function *provider = survey_find_region(s, q->region);
	struct json_object *explanation = NULL;
	int r;

	if (!provider)
		return refuse_region(q->region, ret);
	if (q->device.by_number)
		r = survey_explain_block(s, provider, q->device.major, q->device.minor,
					 &explanation);
	else
		r = survey_explain_function(s, provider, &q->device.address, &explanation);
	if (r == SURVEY_NO_DEVICE)
		return no_such_device(&q->device, ret);
	return r < 0 ? r : answer_explanation(explanation, ret);
}

int broker_explain(struct broker *b, struct json_object *parameters, struct answer *ret)
{
	_cleanup_(view_done) struct view v = {};
	struct question q;
	struct survey s;
	int r = question_parse(parameters, &q, ret);

	if (r != REQUEST_OK)
		return r < 0 ? r : 0;
	r = view_open(b, &v);
	if (r < 0)
		return r;
	view_survey(&v, &s);
	return explain(&s, &q, ret);
}
