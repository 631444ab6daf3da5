/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* policy: what the rules say, before anybody has to find out by being refused. */
#include <errno.h>
#include <string.h>

#include "common/cleanup.h"
#include "client/ctl_policy.h"
#include "client/say.h"
#include "policy/directory.h"
#include "policy/load.h"

static void say_mistakes(const struct mistakes *m)
{
	for (size_t i = 0; i < m->n; i++) {
		_cleanup_free_ char *text = mistake_text(&m->list[i]);

		problem("%s%s", m->list[i].warning ? "warning: " : "", text ?: "out of memory");
		if (m->list[i].remedy)
			remedy("%s", m->list[i].remedy);
	}
}

int policy_read(char **files, int n, struct policy *ret, struct mistakes *mistakes)
{
	if (n > 0)
		return policy_load_files(files, (size_t)n, &policy_directory_system, ret, mistakes);
	return policy_load(policy_folders, &policy_directory_system, ret, mistakes);
}

int policy_open(char **files, int n, struct policy *ret)
{
	_cleanup_(mistakes_done) struct mistakes m = {};
	int r = policy_read(files, n, ret, &m);

	if (r == -ENOMEM)
		return no_memory();
	say_mistakes(&m);
	return r < 0 ? STATUS_FAILURE : STATUS_OK;
}

static int run_policy(int argc, char **argv)
{
	static const char *const words[] = { "check", "test", NULL };
	const char *near;

	if (argc > 1 && strcmp(argv[1], "check") == 0)
		return policy_check(argc - 1, argv + 1);
	if (argc > 1 && strcmp(argv[1], "test") == 0)
		return policy_test(argc - 1, argv + 1);
	if (argc > 1 && (strcmp(argv[1], "-h") == 0 || strcmp(argv[1], "--help") == 0)) {
		verb_print_help(&verb_policy);
		return STATUS_OK;
	}
	near = argc > 1 ? suggest(argv[1], words) : NULL;
	if (argc > 1)
		problem("policy knows no '%s'", argv[1]);
	else
		problem("policy needs a word: check or test");
	if (near) {
		remedy("did you mean 'p2pmemctl policy %s'?", near);
		return STATUS_USAGE;
	}
	return usage_hint(&verb_policy);
}

const struct verb verb_policy = {
	.name = "policy",
	.arguments = "check|test",
	.summary = "Checks the rules for who may be lent memory, and says what they come to",
	.help = "  check [FILE...]  says all that is wrong with the files\n"
		"  test [FILE...]   says which rule decides for somebody, and why\n"
		"\n"
		"Without FILE, the files of this machine: see p2pmem.policy(5). Neither needs the\n"
		"daemon, or privileges.\n"
		"\n"
		"Options of both:\n"
		"  -o, --output FORMAT  'table' (default) or 'json'\n"
		"  -h, --help           this text\n"
		"\n"
		"Options of test:\n"
		"      --as USER        who asks: a name or a number (needed)\n"
		"      --group GROUP    a group beside those that USER has\n"
		"      --cgroup CGROUP  the cgroup of the process, like /system.slice/backup.service\n"
		"      --region REGION  only this region: PCI address, p2pmemN, serial number\n"
		"      --device DEVICE  memory for this device, too\n"
		"      --size SIZE      a lease of this size\n"
		"\n"
		"Exit status of test: 0 if a region is granted (and SIZE allowed), 5 if none is,\n"
		"1 if the files are wrong.\n",
	.takes_tree = true,
	.run = run_policy,
};
