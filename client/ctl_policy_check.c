/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* policy check: the rules in their order, or what is wrong with them. */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>

#include "common/cleanup.h"
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

int policy_check(int argc, char **argv)
{
	static const struct option options[] = { { "help", no_argument, NULL, 'h' }, {} };
	_cleanup_(policy_done) struct policy p = {};
	int c, status;

	while ((c = getopt_long(argc, argv, ":h", options, NULL)) >= 0) {
		if (c != 'h')
			return option_problem(&verb_policy, c, argv);
		verb_print_help(&verb_policy);
		return STATUS_OK;
	}
	status = policy_open(argv + optind, argc - optind, &p);
	if (status != STATUS_OK)
		return status;
	if (p.n > 0)
		return print_rules(&p);
	puts("No rules: nothing is lent but to root.");
	return STATUS_OK;
}
