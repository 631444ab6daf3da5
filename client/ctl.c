/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* p2pmemctl: what comes before the verb, and finding it. */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "client/ctl.h"
#include "client/ctl_help.h"
#include "client/say.h"
#include "client/origin.h"

static int wrong_place(const struct verb *v)
{
	problem("%s is about this machine: it cannot be done with --sysfs", v->name);
	return usage_hint(v);
}

static int run_verb(const struct verb *v, const char *tree, int argc, char **argv)
{
	if (tree && !v->takes_tree)
		return wrong_place(v);
	origin_set_tree(tree);
	optind = 0;
	return v->run(argc, argv);
}

static int run(int argc, char **argv)
{
	static const struct option options[] = {
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'V' },
		{ "sysfs", required_argument, NULL, 's' },
		{},
	};
	const char *tree = NULL;
	const struct verb *v;
	int c;

	/* The plus sign leaves what follows the verb to the verb. */
	while ((c = getopt_long(argc, argv, "+:hV", options, NULL)) >= 0) {
		switch (c) {
		case 'h':
			print_help();
			return STATUS_OK;
		case 'V':
			printf("p2pmemctl %s\n", P2PMEM_VERSION);
			return STATUS_OK;
		case 's':
			tree = optarg;
			break;
		default:
			return option_problem(NULL, c, argv);
		}
	}
	/* Of a captured machine there is no more to say than what it has. */
	if (optind == argc)
		return tree ? run_verb(&verb_list, tree, 1, argv) : run_status(argc, argv);
	v = verb_find(argv[optind]);
	if (!v)
		return verb_unknown(argv[optind]);
	return run_verb(v, tree, argc - optind, argv + optind);
}

/* What could not be printed was not done, as far as a script can tell. */
int main(int argc, char **argv)
{
	int status = run(argc, argv);

	errno = 0;
	if (fflush(stdout) == 0 && !ferror(stdout))
		return status;
	problem("the output could not be written: %s", errno ? strerror(errno) : "an error before");
	return status == STATUS_OK ? STATUS_FAILURE : status;
}
