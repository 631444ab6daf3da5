/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* policy test: who would be lent what, by which rule, and why not by the others. */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "common/array.h"
#include "common/cleanup.h"
#include "client/ctl_policy_test.h"
#include "client/say.h"
#include "client/size.h"
#include "topology/scan.h"

static void test_done(struct policy_test *t)
{
	free(t->subject.groups);
	free(t->device_names);
	free(t->devices);
	peer_done(&t->who);
	policy_done(&t->policy);
	policy_machine_done(&t->machine);
}

static void answers_done(struct policy_answers *a)
{
	free(a->list);
}

/* ---- words ----------------------------------------------------------- */

const char *policy_step_name(enum policy_step step)
{
	static const char *const names[] = {
		[RULE_DECIDES] = "earlierRule",	     [RULE_NAMES_OTHERS] = "namesOthers",
		[RULE_NAMES_NOBODY] = "namesNobody", [RULE_OTHER_REGION] = "otherRegion",
		[RULE_OTHER_DEVICE] = "otherDevice",
	};

	return names[step];
}

const char *policy_why_not(const struct policy_rule *r, enum policy_step step, char buf[static 320])
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

/* With nothing held: the limit that the size alone is above, or NULL; also without a size. */
static const char *too_large(const struct limits *l, uint64_t size)
{
	if (size == 0)
		return NULL;
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

bool policy_answer_granted(const struct policy_answer *a)
{
	return a->rule && !a->too_large;
}

/* ---- all of them ----------------------------------------------------- */

static struct policy_answer ask(struct policy_test *t, const struct topology_function *f)
{
	struct policy_answer a = {
		.provider = f,
		.question = { .who = &t->who,
			      .region = { f->address, f->serial },
			      .devices = t->devices,
			      .n_devices = t->n_devices },
	};
	uint64_t available;

	a.rule = policy_decide(&t->policy, &a.question);
	topology_pool(&t->machine.sysfs, &f->address, &a.region_size, &available);
	if (a.rule)
		a.limits = policy_limits_in(a.rule, a.region_size);
	if (a.rule)
		a.too_large = too_large(&a.limits, t->size);
	return a;
}

static int ask_all(struct policy_test *t, const struct topology_function *only,
		   struct policy_answers *ret)
{
	for (size_t i = 0; i < t->machine.topology.n_functions; i++) {
		const struct topology_function *f = t->machine.topology.functions[i];
		struct policy_answer a;

		if (!f->provider || (only && f != only))
			continue;
		a = ask(t, f);
		ret->granted |= policy_answer_granted(&a);
		if (array_push(ret->list, ret->n, a) < 0)
			return no_memory();
	}
	if (ret->n == 0)
		ret->granted = policy_names(&t->policy, &t->who);
	return STATUS_OK;
}

static int prepare(struct policy_test *t, char **files, int n)
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

static int tell(const struct policy_test *t, const struct policy_answers *a)
{
	int status = STATUS_OK;

	if (t->json)
		status = policy_print_answers(t, a);
	else
		policy_say_answers(t, a);
	return status != STATUS_OK || a->granted ? status : STATUS_NOT_PERMITTED;
}

static int run(struct policy_test *t, char **files, int n)
{
	_cleanup_(answers_done) struct policy_answers answers = {};
	const struct topology_function *only = NULL;
	int status = prepare(t, files, n);

	if (status == STATUS_OK && t->region)
		status = policy_find_region(&t->machine, t->region, &only);
	if (status != STATUS_OK)
		return status;
	answers.unlimited = answers.granted = policy_is_unlimited(&t->who);
	if (!answers.unlimited)
		status = ask_all(t, only, &answers);
	return status == STATUS_OK ? tell(t, &answers) : status;
}

/* ---- options --------------------------------------------------------- */

/* -1: go on, otherwise an exit status. */
static int set_size(struct policy_test *t, const char *text)
{
	if (size_parse(text, &t->size) == 0 && t->size > 0)
		return -1;
	problem("'%s' is no size", text);
	remedy("write bytes, or a number with K, M, G or T");
	return STATUS_USAGE;
}

static int set_option(struct policy_test *t, int c)
{
	switch (c) {
	case 'a':
		t->subject.user = optarg;
		return -1;
	case 'g':
		return array_push(t->subject.groups, t->subject.n_groups, optarg) < 0 ?
			       no_memory() :
			       -1;
	case 'c':
		t->subject.cgroup = optarg;
		return -1;
	case 'r':
		t->region = optarg;
		return -1;
	case 'd':
		return array_push(t->device_names, t->n_device_names, optarg) < 0 ? no_memory() :
										    -1;
	case 'o':
		return parse_output(&verb_policy, optarg, &t->json);
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
		{ "output", required_argument, NULL, 'o' },
		{ "help", no_argument, NULL, 'h' },
		{},
	};
	_cleanup_(test_done) struct policy_test t = {};
	int c, status;

	while ((c = getopt_long(argc, argv, ":ho:", options, NULL)) >= 0) {
		if (c == 'h') {
			verb_print_help(&verb_policy);
			return STATUS_OK;
		}
		if (c == '?' || c == ':')
			return option_problem(&verb_policy, c, argv);
		status = set_option(&t, c);
		if (status >= 0)
			return status;
	}
	if (!t.subject.user) {
		problem("policy test needs to know who asks");
		remedy("give --as USER");
		return STATUS_USAGE;
	}
	return run(&t, argv + optind, argc - optind);
}
