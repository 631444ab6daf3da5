/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* policy test, told to programs: see docs/json.md. */
#include <errno.h>

#include "common/cleanup.h"
#include "common/json.h"
#include "common/pci.h"
#include "client/ctl_policy_test.h"
#include "client/say.h"

/* A limit that there is not is left out. */
static int add_limit(struct json_object *o, const char *name, uint64_t value)
{
	return value == LIMIT_NONE ? 0 : json_add_int(o, name, (int64_t)value);
}

static struct json_object *limits_to_json(const struct limits *l)
{
	_cleanup_json_ struct json_object *o = json_object_new_object();

	if (!o || add_limit(o, "bytes", l->bytes) < 0 || add_limit(o, "buffers", l->buffers) < 0 ||
	    add_limit(o, "uidBytes", l->uid_bytes) < 0 ||
	    add_limit(o, "uidBuffers", l->uid_buffers) < 0 ||
	    add_limit(o, "largest", l->largest) < 0 ||
	    json_add_int(o, "reserved", (int64_t)l->reserved) < 0)
		return NULL;
	return take_ptr(o);
}

struct json_object *policy_rule_to_json(const struct policy_rule *r)
{
	_cleanup_json_ struct json_object *o = json_object_new_object();

	if (!o || json_add_string(o, "name", r->name) < 0 ||
	    json_add_string(o, "file", r->file) < 0 || json_add_int(o, "line", r->line) < 0)
		return NULL;
	return take_ptr(o);
}

static struct json_object *passed_over_to_json(const struct policy_rule *r, enum policy_step step)
{
	_cleanup_json_ struct json_object *o = policy_rule_to_json(r);
	char text[320];

	if (!o || json_add_string(o, "cause", policy_step_name(step)) < 0 ||
	    json_add_string(o, "reason", policy_why_not(r, step, text)) < 0)
		return NULL;
	return take_ptr(o);
}

static struct json_object *others_to_json(const struct policy_test *t,
					  const struct policy_answer *a)
{
	_cleanup_json_ struct json_object *list = json_object_new_array();

	for (size_t i = 0; list && i < t->policy.n; i++) {
		const struct policy_rule *r = &t->policy.rules[i];

		if (r != a->rule &&
		    json_append(list, passed_over_to_json(r, policy_try(r, &a->question))) < 0)
			return NULL;
	}
	return take_ptr(list);
}

static int add_grant(struct json_object *o, const struct policy_test *t,
		     const struct policy_answer *a)
{
	if (json_add(o, "rule", policy_rule_to_json(a->rule)) < 0 ||
	    json_add_string(o, "tenant", a->rule->tenant) < 0 ||
	    json_add_int(o, "chargedUid", peer_charged_uid(&t->who)) < 0 ||
	    json_add_string(o, "minVerdict", verdict_name(a->rule->min_verdict)) < 0 ||
	    json_add(o, "limits", limits_to_json(&a->limits)) < 0)
		return -ENOMEM;
	return json_add_string(o, "tooLarge", a->too_large);
}

static struct json_object *answer_to_json(const struct policy_test *t,
					  const struct policy_answer *a)
{
	_cleanup_json_ struct json_object *o = json_object_new_object();
	char name[REGION_NAME_MAX], address[PCI_ADDRESS_MAX];

	if (!o ||
	    json_add_string(o, "region", policy_region_name(&t->machine, a->provider, name)) < 0 ||
	    json_add_string(o, "provider", pci_address_format(&a->provider->address, address)) <
		    0 ||
	    json_add_int(o, "size", (int64_t)a->region_size) < 0 ||
	    json_add_bool(o, "granted", policy_answer_granted(a)) < 0 ||
	    (a->rule && add_grant(o, t, a) < 0) ||
	    json_add(o, "passedOver", others_to_json(t, a)) < 0)
		return NULL;
	return take_ptr(o);
}

static struct json_object *answers_to_json(const struct policy_test *t,
					   const struct policy_answers *a)
{
	_cleanup_json_ struct json_object *list = json_object_new_array();

	for (size_t i = 0; list && i < a->n; i++)
		if (json_append(list, answer_to_json(t, &a->list[i])) < 0)
			return NULL;
	return take_ptr(list);
}

int policy_print_answers(const struct policy_test *t, const struct policy_answers *a)
{
	_cleanup_json_ struct json_object *root = ctl_json_new(), *o = json_object_new_object();

	if (!root || !o || json_add_int(o, "uid", t->who.uid) < 0 ||
	    json_add_string(o, "cgroup", t->who.cgroup) < 0 ||
	    json_add_string(o, "unit", t->who.unit) < 0 ||
	    json_add_bool(o, "unlimited", a->unlimited) < 0 ||
	    json_add_bool(o, "granted", a->granted) < 0 ||
	    (t->size > 0 && json_add_int(o, "size", (int64_t)t->size) < 0) ||
	    json_add(o, "regions", answers_to_json(t, a)) < 0 ||
	    json_add(root, "policyTest", take_ptr(o)) < 0)
		return no_memory();
	return ctl_print_json(root);
}
