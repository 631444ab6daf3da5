/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* policy test, told to people. */
#include <stdio.h>

#include "client/ctl_policy_test.h"
#include "client/say.h"
#include "client/size.h"

/* say() begins a line with what is no blank. */
#define line(...)                         \
	do {                              \
		fputs("  ", stdout);      \
		say(stdout, __VA_ARGS__); \
	} while (0)

static const char *bytes_text(uint64_t bytes, char buf[static 64])
{
	char size[SIZE_TEXT_MAX];

	if (bytes == LIMIT_NONE)
		snprintf(buf, 64, "no limit");
	else
		snprintf(buf, 64, "%llu (%s)", (unsigned long long)bytes, size_short(bytes, size));
	return buf;
}

static const char *count_text(uint64_t n, char buf[static 64])
{
	if (n == LIMIT_NONE)
		return "no limit";
	snprintf(buf, 64, "%llu", (unsigned long long)n);
	return buf;
}

static void say_limits(const struct limits *l)
{
	char all[64], uid[64];

	line("bytes          %s; for each uid %s", bytes_text(l->bytes, all),
	     bytes_text(l->uid_bytes, uid));
	line("buffers        %s; for each uid %s", count_text(l->buffers, all),
	     count_text(l->uid_buffers, uid));
	line("largest lease  %s", bytes_text(l->largest, all));
	if (l->reserved > 0)
		line("reserved       %s", bytes_text(l->reserved, all));
}

static void say_size(const struct policy_test *t, const struct policy_answer *a)
{
	char text[64];

	if (t->size > 0)
		line("size           %s %s", bytes_text(t->size, text),
		     a->too_large ?: "is allowed as long as what is held leaves room for it");
}

static void say_grant(const struct policy_test *t, const struct policy_answer *a)
{
	const struct policy_rule *r = a->rule;

	line("rule           %s (%s:%u)", r->name, r->file, r->line);
	line("charged to     %s, within it uid %u", r->tenant,
	     (unsigned int)peer_charged_uid(&t->who));
	line("verdict        %s or better", verdict_name(r->min_verdict));
	say_limits(&a->limits);
	say_size(t, a);
}

static void say_others(const struct policy_test *t, const struct policy_answer *a)
{
	char text[320];

	for (size_t i = 0; i < t->policy.n; i++) {
		const struct policy_rule *r = &t->policy.rules[i];

		if (r != a->rule)
			line("passed over    %s: %s", r->name,
			     policy_why_not(r, policy_try(r, &a->question), text));
	}
}

static void say_answer(const struct policy_test *t, const struct policy_answer *a)
{
	char name[REGION_NAME_MAX], text[SIZE_TEXT_MAX];

	say(stdout, "%s (%s): %s", policy_region_name(&t->machine, a->provider, name),
	    size_short(a->region_size, text), a->rule ? "granted" : "not granted: no rule decides");
	if (a->rule)
		say_grant(t, a);
	say_others(t, a);
}

void policy_say_answers(const struct policy_test *t, const struct policy_answers *a)
{
	if (a->unlimited)
		puts("uid 0 needs no rule: all regions are granted, without limits.");
	else if (a->n == 0)
		say(stdout, "This machine has no region. %s names uid %u and grants memory.",
		    a->granted ? "A rule" : "No rule", (unsigned int)t->who.uid);
	for (size_t i = 0; !a->unlimited && i < a->n; i++)
		say_answer(t, &a->list[i]);
}
