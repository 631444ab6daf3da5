/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From the text of a policy file to rules. Pure, but for what the names are looked up in. */
#pragma once

#include "policy/mistake.h"
#include "policy/policy.h"

/* Looks names up. 0, -ENOENT: there is none, or another -errno. */
struct policy_directory {
	int (*user)(const char *name, uid_t *ret);
	int (*group)(const char *name, gid_t *ret);
};

/*
 * Appends the rules of @text to @policy. All that is wrong goes into @m, which
 * says whether the rules may be used. 0 or -ENOMEM.
 */
int policy_parse(const char *file, const char *text, size_t n, const struct policy_directory *d,
		 struct policy *policy, struct mistakes *m);
