/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * policy test: what was asked, and the answer for one region. Found in
 * ctl_policy_test.c, told by the others.
 */
#pragma once

#include "client/ctl_policy.h"

struct policy_test {
	struct policy_subject subject;
	const char *region;
	char **device_names;
	size_t n_device_names;
	uint64_t size; /* 0: none in particular */
	bool json;
	struct peer who;
	struct policy policy;
	struct policy_machine machine;
	struct object *devices;
	size_t n_devices;
};

struct policy_answer {
	const struct topology_function *provider;
	struct policy_question question;
	uint64_t region_size;
	const struct policy_rule *rule; /* NULL: none decides */
	struct limits limits; /* of that rule */
	const char *too_large; /* why the size is not allowed; NULL: it is */
};

/* A rule decides, and allows the size. */
bool policy_answer_granted(const struct policy_answer *a);

struct policy_answers {
	struct policy_answer *list;
	size_t n;
	bool unlimited; /* uid 0, whom no rule is asked about */
	bool granted; /* in some region; without any, some rule names who asks */
};

/* Why a rule that does not decide is passed over, in words, and as a word that stays. */
const char *policy_why_not(const struct policy_rule *r, enum policy_step step,
			   char buf[static 320]);
const char *policy_step_name(enum policy_step step);

void policy_say_answers(const struct policy_test *t, const struct policy_answers *a);
int policy_print_answers(const struct policy_test *t, const struct policy_answers *a);
