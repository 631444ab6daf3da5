/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Any bytes as a policy file; one without mistakes is put to all that rules are asked. */
#include <errno.h>
#include <string.h>

#include "common/utf8.h"
#include "policy/parse.h"
#include "tests/fuzz/fuzz.h"

/* Names are found by their length, so that there are all kinds. */
static int find(const char *name, uint32_t *ret)
{
	*ret = (uint32_t)strlen(name);
	return strlen(name) % 3 == 0 ? -ENOENT : strlen(name) % 7 == 0 ? -EIO : 0;
}

static const struct policy_directory directory = { find, find };

static void check_mistakes(const struct mistakes *m)
{
	size_t errors = 0;

	for (size_t i = 0; i < m->n; i++) {
		const struct mistake *one = &m->list[i];

		must(utf8_valid(one->what, strlen(one->what)));
		must(utf8_valid(one->field, strlen(one->field)));
		must(!strpbrk(one->what, "\n\x1b") && !strpbrk(one->field, "\n\x1b"));
		errors += !one->warning;
	}
	must(errors == m->n_errors);
}

static void check_rule(const struct policy_rule *r)
{
	const struct limits l = policy_limits_in(r, INT64_MAX);

	must(r->name && *r->name && r->who.name && r->tenant && strchr(r->tenant, ':'));
	must(r->regions.n > 0 || r->administer);
	must((r->regions.n > 0) == (r->devices.n > 0));
	must(r->min_verdict == P2PMEM_VERDICT_BUS || r->min_verdict == P2PMEM_VERDICT_BRIDGE);
	must(l.reserved <= INT64_MAX && (l.bytes <= INT64_MAX || l.bytes == LIMIT_NONE));
}

/* Nobody is named by what is not there, and nobody in a user's slice by a name in it. */
static void check_decisions(const struct policy *p)
{
	static const char *const paths[] = { "/", "/system.slice/a.service",
					     "/user.slice/user-5.slice/a.service/b" };
	const struct object drive = { { .bus = 3 }, "serial" };

	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		struct peer who = { .uid = 5, .gid = 4 };
		const struct policy_question q = { &who, drive, &drive, 1 };
		const struct policy_rule *rule;

		must(peer_set_cgroup(&who, paths[i]) == 0);
		rule = policy_decide(p, &q);
		must(!rule || policy_names(p, &who));
		must(!rule || rule->who.kind != WHO_UNIT || i == 1);
		who.lost = true;
		must(!policy_decide(p, &q) && !policy_may_administer(p, &who));
		peer_done(&who);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct mistakes m = {};
	struct policy p = {};
	int r = policy_parse("file", (const char *)data, size, &directory, &p, &m);

	must(r == 0 || r == -ENOMEM);
	check_mistakes(&m);
	if (r == 0 && m.n_errors == 0) {
		for (size_t i = 0; i < p.n; i++)
			check_rule(&p.rules[i]);
		check_decisions(&p);
	}
	policy_done(&p);
	mistakes_done(&m);
	return 0;
}
