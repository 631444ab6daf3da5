/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What run can be told on its command line. */
#include <getopt.h>
#include <stdlib.h>

#include "common/array.h"
#include "client/ctl.h"
#include "client/ctl_options.h"
#include "client/ctl_run.h"
#include "client/say.h"

void run_options_clear(struct run_options *o)
{
	free(o->devices);
	o->devices = NULL;
	o->n_devices = 0;
}

static int add_device(struct run_options *o, const char *name)
{
	return array_push(o->devices, o->n_devices, name) < 0 ? no_memory() : -1;
}

enum {
	OPTION_REQUIRE = 256,
	OPTION_NAME
};

static int take_option(struct run_options *o, int c, char **argv)
{
	switch (c) {
	case 's':
		return parse_size_option(&verb_run, "--size", optarg, &o->size);
	case 'd':
		return add_device(o, optarg);
	case 'r':
		o->region = optarg;
		return -1;
	case 'I':
		o->replace = optarg;
		return -1;
	case OPTION_REQUIRE:
		return parse_verdict_option(&verb_run, optarg, &o->min_verdict);
	case OPTION_NAME:
		o->name = optarg;
		return -1;
	case 'h':
		verb_print_help(&verb_run);
		return STATUS_OK;
	default:
		return option_problem(&verb_run, c, argv);
	}
}

static int check(struct run_options *o, int argc, char **argv)
{
	if (optind == argc) {
		problem("run takes a program");
		return usage_hint(&verb_run);
	}
	if (o->n_devices == 0) {
		problem("run takes at least one --device");
		remedy("name the devices or files that %s does its I/O with: the memory is chosen by them",
		       argv[optind]);
		return STATUS_USAGE;
	}
	o->program = argv + optind;
	return -1;
}

int run_parse(int argc, char **argv, struct run_options *o)
{
	static const struct option options[] = {
		{ "size", required_argument, NULL, 's' },
		{ "device", required_argument, NULL, 'd' },
		{ "region", required_argument, NULL, 'r' },
		{ "replace", required_argument, NULL, 'I' },
		{ "require-p2p", optional_argument, NULL, OPTION_REQUIRE },
		{ "name", required_argument, NULL, OPTION_NAME },
		{ "help", no_argument, NULL, 'h' },
		{},
	};
	int c, r;

	/* The plus sign leaves what follows the program to the program. */
	while ((c = getopt_long(argc, argv, "+:s:d:r:I:h", options, NULL)) >= 0) {
		r = take_option(o, c, argv);
		if (r >= 0)
			return r;
	}
	return check(o, argc, argv);
}
