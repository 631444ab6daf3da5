/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>

#include "common/cleanup.h"
#include "policy/rule.h"
#include "policy/text.h"

#define RULES_MAX 1000

static int read_rules(struct reader *r, struct json_object *v, void *into)
{
	if (json_object_array_length(v) > RULES_MAX) {
		read_mistake(r, v, NULL, "has more than %d rules", RULES_MAX);
		return 0;
	}
	/* Without a rule, as without a file: a way to grant nothing. */
	return json_object_array_length(v) > 0 ? read_array(r, v, IS_OBJECT, read_rule, into) : 0;
}

static int read_policy(struct reader *r, struct json_object *o)
{
	static const struct member members[] = { { "rules", IS_ARRAY, read_rules, 0 }, {} };

	if (!json_object_object_get_ex(o, "rules", NULL))
		read_mistake(r, o, "Write { \"rules\": [ ... ] }.", "there are no rules");
	return read_object(r, o, members, r);
}

int policy_parse(const char *file, const char *text, size_t n, const struct policy_directory *d,
		 struct policy *policy, struct mistakes *m)
{
	_cleanup_json_ struct json_object *o = NULL;
	struct reader reader = {
		.file = file,
		.directory = d,
		.mistakes = m,
		.policy = policy,
	};
	int r = text_parse(file, text, n, m, &o);

	if (r == 0)
		r = read_policy(&reader, o);
	if (r == -EBADMSG)
		r = 0;
	return m->out_of_memory ? -ENOMEM : r;
}
