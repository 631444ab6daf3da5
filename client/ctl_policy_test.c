/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* policy test: who would be lent what, by which rule, and why not by the others. */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "common/array.h"
#include "common/cleanup.h"
#include "client/ctl_policy.h"
#include "client/say.h"
#include "client/size.h"
#include "topology/scan.h"

struct test {
	struct policy_subject subject;
	const char *region;
	char **device_names;
	size_t n_device_names;
	uint64_t size; /* 0: none in particular */
	struct peer who;
	struct policy policy;
	struct policy_machine machine;
	struct object *devices;
	size_t n_devices;
	bool granted; /* some region */
};

static void test_done(struct test *t)
{
	free(t->subject.groups);
	free(t->device_names);
	free(t->devices);
	peer_done(&t->who);
	policy_done(&t->policy);
	policy_machine_done(&t->machine);
}

/* say() begins a line with what is no blank. */
#define line(...)                         \
	do {                              \
		fputs("  ", stdout);      \
		say(stdout, __VA_ARGS__); \
	} while (0)

/* ---- words ----------------------------------------------------------- */

static const char *why_not(const struct policy_rule *r, enum policy_step step, char buf[static 320])
{
	switch (step) {
	case RULE_NAMES_NOBODY:
		snprintf(buf, 320, "there is no %s %.255s", who_kind_name(r->who.kind),
			 r->who.name);
		break;
	case RULE_NAMES_OTHERS:
		snprintf(buf, 320, "it is for %s %.255s", who_kind_name(r->who.kind), r->who.name);
		break;
	case RULE_OTHER_REGION:
		snprintf(buf, 320, "%s",
			 r->regions.n > 0 ? "it does not cover this region" :
					    "it grants no memory");
		break;
	case RULE_OTHER_DEVICE:
		snprintf(buf, 320, "it does not cover all the devices");
		break;
	default:
		snprintf(buf, 320, "a rule before it decides");
	}
	return buf;
}

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

/* With nothing held: the limit that the size alone is above, or NULL. */
static const char *too_large(const struct limits *l, uint64_t size)
{
	if (size > l->largest)
		return "is above the largest lease";
	if (size > l->bytes)
		return "is above the bytes of the tenant";
	if (size > l->uid_bytes)
		return "is above the bytes of one uid";
	if (l->buffers == 0 || l->uid_buffers == 0)
		return "no buffer is allowed at all";
	return NULL;
}

/* ---- one region ------------------------------------------------------ */

static void say_size(struct test *t, const struct limits *l)
{
	const char *problem_text = too_large(l, t->size);
	char text[64];

	if (t->size > 0)
		line("size           %s %s", bytes_text(t->size, text),
		     problem_text ?: "is allowed as long as what is held leaves room for it");
	t->granted |= t->size == 0 || !problem_text;
}

static void say_grant(struct test *t, const struct policy_rule *r, uint64_t size)
{
	struct limits l = policy_limits_in(r, size);

	line("rule           %s (%s:%u)", r->name, r->file, r->line);
	line("charged to     %s, within it uid %u", r->tenant,
	     (unsigned int)peer_charged_uid(&t->who));
	line("verdict        %s or better", verdict_name(r->min_verdict));
	say_limits(&l);
	say_size(t, &l);
}

static void say_others(const struct test *t, const struct policy_question *q,
		       const struct policy_rule *decides)
{
	char text[320];

	for (size_t i = 0; i < t->policy.n; i++) {
		const struct policy_rule *r = &t->policy.rules[i];

		if (r != decides)
			line("passed over    %s: %s", r->name, why_not(r, policy_try(r, q), text));
	}
}

static void test_region(struct test *t, const struct topology_function *f)
{
	const struct policy_question q = {
		.who = &t->who,
		.region = { f->address, f->serial },
		.devices = t->devices,
		.n_devices = t->n_devices,
	};
	const struct policy_rule *rule = policy_decide(&t->policy, &q);
	uint64_t size = 0, available;
	char name[REGION_NAME_MAX], text[SIZE_TEXT_MAX];

	topology_pool(&t->machine.sysfs, &f->address, &size, &available);
	say(stdout, "%s (%s): %s", policy_region_name(&t->machine, f, name), size_short(size, text),
	    rule ? "granted" : "not granted: no rule decides");
	if (rule)
		say_grant(t, rule, size);
	say_others(t, &q, rule);
}

/* ---- all of them ----------------------------------------------------- */

static void test_regions(struct test *t, const struct topology_function *only)
{
	size_t n = 0;

	for (size_t i = 0; i < t->machine.topology.n_functions; i++) {
		const struct topology_function *f = t->machine.topology.functions[i];

		if (!f->provider || (only && f != only))
			continue;
		n++;
		test_region(t, f);
	}
	if (n > 0)
		return;
	t->granted = policy_names(&t->policy, &t->who);
	say(stdout, "This machine has no region. %s names uid %u and grants memory.",
	    t->granted ? "A rule" : "No rule", (unsigned int)t->who.uid);
}

static int prepare(struct test *t, char **files, int n)
{
	int status = policy_subject_resolve(&t->subject, &t->who);

	if (status == STATUS_OK)
		status = policy_open(files, n, &t->policy);
	if (status == STATUS_OK)
		status = policy_machine_open(&t->machine);
	for (size_t i = 0; status == STATUS_OK && i < t->n_device_names; i++)
		status = policy_add_device(&t->machine, t->device_names[i], &t->devices,
					   &t->n_devices);
	return status;
}

static int run(struct test *t, char **files, int n)
{
	const struct topology_function *only = NULL;
	int status = prepare(t, files, n);

	if (status == STATUS_OK && t->region)
		status = policy_find_region(&t->machine, t->region, &only);
	if (status != STATUS_OK)
		return status;
	if (policy_is_unlimited(&t->who)) {
		puts("uid 0 needs no rule: all regions are granted, without limits.");
		return STATUS_OK;
	}
	test_regions(t, only);
	return t->granted ? STATUS_OK : STATUS_NOT_PERMITTED;
}

/* ---- options --------------------------------------------------------- */

static int set_size(struct test *t, const char *text)
{
	if (size_parse(text, &t->size) == 0 && t->size > 0)
		return STATUS_OK;
	problem("'%s' is no size", text);
	remedy("write bytes, or a number with K, M, G or T");
	return STATUS_USAGE;
}

static int set_option(struct test *t, int c)
{
	switch (c) {
	case 'a':
		t->subject.user = optarg;
		return STATUS_OK;
	case 'g':
		return array_push(t->subject.groups, t->subject.n_groups, optarg) < 0 ?
			       no_memory() :
			       STATUS_OK;
	case 'c':
		t->subject.cgroup = optarg;
		return STATUS_OK;
	case 'r':
		t->region = optarg;
		return STATUS_OK;
	case 'd':
		return array_push(t->device_names, t->n_device_names, optarg) < 0 ? no_memory() :
										    STATUS_OK;
	default:
		return set_size(t, optarg);
	}
}

int policy_test(int argc, char **argv)
{
	static const struct option options[] = {
		{ "as", required_argument, NULL, 'a' },
		{ "group", required_argument, NULL, 'g' },
		{ "cgroup", required_argument, NULL, 'c' },
		{ "region", required_argument, NULL, 'r' },
		{ "device", required_argument, NULL, 'd' },
		{ "size", required_argument, NULL, 's' },
		{ "help", no_argument, NULL, 'h' },
		{},
	};
	_cleanup_(test_done) struct test t = {};
	int c, status;

	while ((c = getopt_long(argc, argv, ":h", options, NULL)) >= 0) {
		if (c == 'h') {
			verb_print_help(&verb_policy);
			return STATUS_OK;
		}
		if (c == '?' || c == ':')
			return option_problem(&verb_policy, c, argv);
		status = set_option(&t, c);
		if (status != STATUS_OK)
			return status;
	}
	if (!t.subject.user) {
		problem("policy test needs to know who asks");
		remedy("give --as USER");
		return STATUS_USAGE;
	}
	return run(&t, argv + optind, argc - optind);
}
