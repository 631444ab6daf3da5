/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* policy check: the rules in their order, or what is wrong with them. */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>

#include "common/cleanup.h"
#include "common/json.h"
#include "client/ctl_policy.h"
#include "client/say.h"
#include "client/table.h"

static int print_rules(const struct policy *p)
{
	static const char *const headings[] = { "RULE", "NAMES", "TENANT", "FROM" };
	_cleanup_(table_freep) struct table *t = table_new(4);

	if (!t)
		return no_memory();
	for (size_t i = 0; i < sizeof(headings) / sizeof(headings[0]); i++)
		table_add_coloured(t, COLOUR_BOLD, headings[i]);
	for (size_t i = 0; i < p->n; i++) {
		const struct policy_rule *r = &p->rules[i];

		table_add(t, r->name);
		table_addf(t, "%s %s", who_kind_name(r->who.kind), r->who.name);
		table_add(t, r->regions.n > 0 ? r->tenant : "(administers only)");
		table_addf(t, "%s:%u", r->file, r->line);
	}
	return table_print(t, stdout) < 0 ? no_memory() : STATUS_OK;
}

/* ---- as JSON --------------------------------------------------------- */

static struct json_object *checked_to_json(const struct policy_rule *r)
{
	_cleanup_json_ struct json_object *o = policy_rule_to_json(r);

	if (!o || json_add_string(o, "kind", who_kind_name(r->who.kind)) < 0 ||
	    json_add_string(o, "who", r->who.name) < 0 ||
	    json_add_string(o, "tenant", r->regions.n > 0 ? r->tenant : NULL) < 0 ||
	    json_add_bool(o, "administer", r->administer) < 0)
		return NULL;
	return take_ptr(o);
}

static struct json_object *mistake_to_json(const struct mistake *m)
{
	_cleanup_json_ struct json_object *o = json_object_new_object();

	if (!o || json_add_string(o, "file", m->file) < 0 ||
	    (m->line > 0 && json_add_int(o, "line", m->line) < 0) ||
	    json_add_string(o, "field", *m->field ? m->field : NULL) < 0 ||
	    json_add_string(o, "problem", m->what) < 0 ||
	    json_add_string(o, "remedy", m->remedy) < 0 ||
	    json_add_bool(o, "warning", m->warning) < 0)
		return NULL;
	return take_ptr(o);
}

static int add_lists(struct json_object *o, const struct policy *p, const struct mistakes *m)
{
	_cleanup_json_ struct json_object *rules = json_object_new_array();
	_cleanup_json_ struct json_object *mistakes = json_object_new_array();

	for (size_t i = 0; rules && i < p->n; i++)
		if (json_append(rules, checked_to_json(&p->rules[i])) < 0)
			return -ENOMEM;
	for (size_t i = 0; mistakes && i < m->n; i++)
		if (json_append(mistakes, mistake_to_json(&m->list[i])) < 0)
			return -ENOMEM;
	if (json_add(o, "rules", take_ptr(rules)) < 0)
		return -ENOMEM;
	return json_add(o, "mistakes", take_ptr(mistakes));
}

static int print_json(const struct policy *p, const struct mistakes *m, bool valid)
{
	_cleanup_json_ struct json_object *root = ctl_json_new(), *o = json_object_new_object();

	if (!root || !o || json_add_bool(o, "valid", valid) < 0 || add_lists(o, p, m) < 0 ||
	    json_add(root, "policyCheck", take_ptr(o)) < 0)
		return no_memory();
	return ctl_print_json(root);
}

static int check_json(char **files, int n)
{
	_cleanup_(mistakes_done) struct mistakes m = {};
	_cleanup_(policy_done) struct policy p = {};
	int r = policy_read(files, n, &p, &m), status;

	if (r == -ENOMEM || m.out_of_memory)
		return no_memory();
	status = print_json(&p, &m, r == 0);
	return status == STATUS_OK && r < 0 ? STATUS_FAILURE : status;
}

/* ---- the verb -------------------------------------------------------- */

static int check(char **files, int n)
{
	_cleanup_(policy_done) struct policy p = {};
	int status = policy_open(files, n, &p);

	if (status != STATUS_OK)
		return status;
	if (p.n > 0)
		return print_rules(&p);
	puts("No rules: nothing is lent but to root.");
	return STATUS_OK;
}

int policy_check(int argc, char **argv)
{
	bool json = false;
	int r = parse_output_options(&verb_policy, argc, argv, &json);

	if (r >= 0)
		return r;
	return json ? check_json(argv + optind, argc - optind) :
		      check(argv + optind, argc - optind);
}
