/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* p2pmemctl: what comes before the verb, and finding it. */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "client/ctl.h"
#include "client/ctl_help.h"
#include "client/say.h"

static int run(int argc, char **argv)
{
	static const struct option options[] = {
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'V' },
		{},
	};
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
		default:
			return option_problem(NULL, c, argv);
		}
	}
	if (optind == argc)
		return run_status(argc, argv);
	v = verb_find(argv[optind]);
	if (!v)
		return verb_unknown(argv[optind]);
	argc -= optind;
	argv += optind;
	optind = 0;
	return v->run(argc, argv);
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
