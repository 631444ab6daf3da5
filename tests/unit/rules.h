/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Policies for tests, out of text in which ' stands for ". */
#pragma once

#include <errno.h>

#include "policy/parse.h"
#include "tests/unit/unit.h"

static inline int find_alice(const char *name, uid_t *ret)
{
	if (strcmp(name, "broken") == 0)
		return -EIO;
	if (strcmp(name, "root") == 0)
		*ret = 0;
	else if (strcmp(name, "alice") == 0)
		*ret = 1000;
	else
		return -ENOENT;
	return 0;
}

static inline int find_members(const char *name, gid_t *ret)
{
	*ret = 50;
	return strcmp(name, "members") == 0 ? 0 : -ENOENT;
}

static const struct policy_directory rules_directory = { find_alice, find_members };

static inline char *rules_text(const char *quoted)
{
	char *text = strdup(quoted);

	assert_non_null(text);
	for (char *p = text; (p = strchr(p, '\''));)
		*p = '"';
	return text;
}

/* Parses @quoted as the file "f". */
static inline void rules_parse(const char *quoted, struct policy *ret, struct mistakes *m)
{
	char *text = rules_text(quoted);

	assert_int_equal(policy_parse("f", text, strlen(text), &rules_directory, ret, m), 0);
	free(text);
}

/* The same of what is right, @quoted being the inside of "rules". */
static inline void rules_make(const char *quoted, struct policy *ret)
{
	struct mistakes m = {};
	char text[4096];

	*ret = (struct policy){};
	assert_true(snprintf(text, sizeof(text), "{'rules':[%s]}", quoted) < (int)sizeof(text));
	rules_parse(text, ret, &m);
	if (m.n > 0)
		fail_msg("%s: %s", m.list[0].field, m.list[0].what);
}
