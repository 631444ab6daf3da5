/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "common/array.h"
#include "common/cleanup.h"
#include "policy/rule.h"
#include "policy/text.h"

#define NAME_MAX_BYTES 64

/* It goes into messages, records and the journal as it is. */
static bool is_rule_name(const char *s)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789-_.";

	return *s && strlen(s) <= NAME_MAX_BYTES && !s[strspn(s, allowed)];
}

static int read_name(struct reader *r, struct json_object *v, void *into)
{
	const char *s = json_object_get_string(v);
	char **name = into;

	if (!is_rule_name(s) || strlen(s) != (size_t)json_object_get_string_len(v)) {
		read_mistake(r, v, "Use 1 to 64 letters, digits, '-', '_' and '.'.",
			     "'%.64s' is no name for a rule", s);
		return 0;
	}
	for (size_t i = 0; i < r->policy->n; i++) {
		const struct policy_rule *other = &r->policy->rules[i];

		if (other->name && strcmp(other->name, s) == 0)
			read_mistake(r, v, "Give each rule a name of its own.",
				     "'%s' is the name of the rule in %s:%u", s, other->file,
				     other->line);
	}
	*name = strdup(s);
	return *name ? 0 : -ENOMEM;
}

/* ---- regions and devices --------------------------------------------- */

static int read_object_name(struct reader *r, struct json_object *v, void *into)
{
	struct object_names *names = into;
	struct object_name n = {};
	const char *s = json_object_get_string(v), *problem;
	bool out_of_memory;

	problem = object_name_parse(s, &n, &out_of_memory);
	if (problem)
		read_mistake(r, v,
			     "Write a PCI address (\"0000:03:00.0\"), a by-path name "
			     "(\"pci-0000:03:00.0\"), the serial number of a drive, or \"*\".",
			     "'%.64s' %s", s, problem);
	if (problem || out_of_memory)
		return problem ? 0 : -ENOMEM;
	if (array_push(names->list, names->n, n) < 0) {
		object_name_done(&n);
		return -ENOMEM;
	}
	return 0;
}

static int read_object_names(struct reader *r, struct json_object *v, void *into)
{
	return read_array(r, v, IS_STRING, read_object_name, into);
}

/* ---- the rest -------------------------------------------------------- */

static int read_verdict(struct reader *r, struct json_object *v, void *into)
{
	const char *s = json_object_get_string(v);
	enum p2pmem_verdict *verdict = into;

	if (strcmp(s, "bus") == 0)
		*verdict = P2PMEM_VERDICT_BUS;
	else if (strcmp(s, "bridge") == 0)
		*verdict = P2PMEM_VERDICT_BRIDGE;
	else
		read_mistake(r, v, "Write \"bus\" or \"bridge\".",
			     "'%.64s' is no verdict with which memory is lent", s);
	return 0;
}

static int read_bool(struct reader *r, struct json_object *v, void *into)
{
	*(bool *)into = json_object_get_boolean(v);
	return 0;
}

#define AT(member) offsetof(struct policy_rule, member)

static const struct member members[] = {
	{ "name", IS_STRING, read_name, AT(name) },
	{ "who", IS_OBJECT, read_who, AT(who) },
	{ "regions", IS_ARRAY, read_object_names, AT(regions) },
	{ "devices", IS_ARRAY, read_object_names, AT(devices) },
	{ "minVerdict", IS_STRING, read_verdict, AT(min_verdict) },
	{ "limits", IS_OBJECT, read_limits, AT(limits) },
	{ "administer", IS_BOOL, read_bool, AT(administer) },
	{},
};

static bool has(struct json_object *o, const char *name)
{
	return json_object_object_get_ex(o, name, NULL);
}

static void check_complete(struct reader *r, struct json_object *v)
{
	bool regions = has(v, "regions"), devices = has(v, "devices");
	struct json_object *administer = json_object_object_get(v, "administer");

	if (!has(v, "name"))
		read_mistake(r, v, "Give it a \"name\", which refusals and the journal will say.",
			     "the rule has no name");
	if (!has(v, "who"))
		read_mistake(r, v, "Say \"who\", like { \"group\": \"p2pmem\" }.",
			     "the rule names nobody");
	if (regions != devices)
		read_mistake(r, v, "To cover all, write [\"*\"].", "the rule has %s and no %s",
			     regions ? "regions" : "devices", regions ? "devices" : "regions");
	if (!regions && !devices && !json_object_get_boolean(administer))
		read_mistake(r, v, "Say which \"regions\" for which \"devices\".",
			     "the rule grants nothing");
	if (!regions && (has(v, "limits") || has(v, "minVerdict")))
		read_mistake(r, v, "Say which \"regions\" for which \"devices\".",
			     "the rule limits what it does not grant");
}

/* The number of a user is what is charged, whatever the user is called. */
static char *tenant_of(const struct policy_who *w)
{
	char *text;
	int r;

	if (w->kind == WHO_USER && w->known)
		r = asprintf(&text, "uid:%u", w->id);
	else
		r = asprintf(&text, "%s:%s", who_kind_name(w->kind), w->name ?: "");
	return r < 0 ? NULL : text;
}

int read_rule(struct reader *r, struct json_object *v, void *into)
{
	struct policy_rule rule = {
		.line = text_line(v),
		.file = strdup(r->file),
		.min_verdict = P2PMEM_VERDICT_BRIDGE,
		.limits = { .buffers = LIMIT_NONE, .uid_buffers = LIMIT_NONE },
	};
	int error = rule.file ? read_object(r, v, members, &rule) : -ENOMEM;

	if (error == 0) {
		check_complete(r, v);
		rule.tenant = tenant_of(&rule.who);
		error = rule.tenant ? array_push(r->policy->rules, r->policy->n, rule) : -ENOMEM;
	}
	if (error < 0)
		policy_rule_done(&rule);
	return error;
}
