/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What verify can be told on its command line. */
#include <getopt.h>

#include "client/ctl.h"
#include "client/ctl_options.h"
#include "client/ctl_verify.h"
#include "client/say.h"

#define SIZE_DEFAULT (UINT64_C(8) << 20)

enum {
	OPTION_SIZE = 256,
	OPTION_FILE,
	OPTION_DESTROY
};

static int take_option(struct verify_options *o, int c, char **argv)
{
	switch (c) {
	case OPTION_SIZE:
		return parse_size_option(&verb_verify, "--size", optarg, &o->scratch.size);
	case OPTION_FILE:
		o->scratch.file = optarg;
		return -1;
	case OPTION_DESTROY:
		return scratch_parse_range(&verb_verify, optarg, &o->scratch);
	case 'b':
		return parse_block_option(&verb_verify, "--block-size", optarg, &o->block_size);
	case 'o':
		return parse_output(&verb_verify, optarg, &o->json);
	case 'h':
		verb_print_help(&verb_verify);
		return STATUS_OK;
	default:
		return option_problem(&verb_verify, c, argv);
	}
}

static int check(struct verify_options *o, int argc, char **argv)
{
	if (argc - optind != 2)
		problem("verify takes a region and a device");
	else if (o->scratch.destroy && (o->scratch.file || o->scratch.size))
		problem("--destroy says where and how much: it excludes --file and --size");
	else {
		o->region = argv[optind];
		o->device = argv[optind + 1];
		o->scratch.size = o->scratch.size ?: SIZE_DEFAULT;
		return -1;
	}
	return usage_hint(&verb_verify);
}

int verify_parse(int argc, char **argv, struct verify_options *o)
{
	static const struct option options[] = {
		{ "size", required_argument, NULL, OPTION_SIZE },
		{ "file", required_argument, NULL, OPTION_FILE },
		{ "destroy", required_argument, NULL, OPTION_DESTROY },
		{ "block-size", required_argument, NULL, 'b' },
		{ "output", required_argument, NULL, 'o' },
		{ "help", no_argument, NULL, 'h' },
		{},
	};
	int c, r;

	while ((c = getopt_long(argc, argv, ":b:o:h", options, NULL)) >= 0) {
		r = take_option(o, c, argv);
		if (r >= 0)
			return r;
	}
	return check(o, argc, argv);
}
