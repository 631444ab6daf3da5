/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What bench can be told on its command line. */
#include <getopt.h>

#include "client/ctl.h"
#include "client/ctl_bench.h"
#include "client/ctl_options.h"
#include "client/say.h"

#define SIZE_DEFAULT (UINT64_C(64) << 20)
#define SECONDS_DEFAULT 2
#define SECONDS_MAX 3600

/* For latency, and for bandwidth. */
static const struct bench_shape usual[BENCH_SHAPES_MAX] = { { 4096, 1 }, { 1 << 20, 8 } };

enum {
	OPTION_SIZE = 256,
	OPTION_FILE,
	OPTION_DESTROY
};

struct parsed {
	struct bench_options *o;
	uint64_t block; /* 0: not given */
	uint64_t depth;
};

static int take_option(struct parsed *p, int c, char **argv)
{
	struct bench_options *o = p->o;

	switch (c) {
	case OPTION_SIZE:
		return parse_size_option(&verb_bench, "--size", optarg, &o->scratch.size);
	case OPTION_FILE:
		o->scratch.file = optarg;
		return -1;
	case OPTION_DESTROY:
		return scratch_parse_range(&verb_bench, optarg, &o->scratch);
	case 'b':
		return parse_block_option(&verb_bench, "--block-size", optarg, &p->block);
	case 'q':
		return parse_count_option(&verb_bench, "--queue-depth", optarg,
					  P2PMEM_IO_QUEUE_DEPTH_MAX, &p->depth);
	case 't':
		return parse_count_option(&verb_bench, "--time", optarg, SECONDS_MAX, &o->seconds);
	case 'o':
		return parse_output(&verb_bench, optarg, &o->json);
	case 'h':
		verb_print_help(&verb_bench);
		return STATUS_OK;
	default:
		return option_problem(&verb_bench, c, argv);
	}
}

static void set_shapes(const struct parsed *p)
{
	struct bench_options *o = p->o;

	if (p->block || p->depth) {
		o->shapes[0] = usual[1];
		o->shapes[0].block = p->block ?: usual[1].block;
		o->shapes[0].depth = p->depth ?: usual[1].depth;
		o->n_shapes = 1;
		return;
	}
	for (o->n_shapes = 0; o->n_shapes < BENCH_SHAPES_MAX; o->n_shapes++)
		o->shapes[o->n_shapes] = usual[o->n_shapes];
}

static int check(const struct parsed *p, int argc, char **argv)
{
	struct bench_options *o = p->o;

	if (argc - optind < 2)
		problem("bench takes a region and one or more devices");
	else if ((o->scratch.destroy || o->scratch.file) && argc - optind > 2)
		problem("--destroy and --file are for one device");
	else if (o->scratch.destroy && (o->scratch.file || o->scratch.size))
		problem("--destroy says where and how much: it excludes --file and --size");
	else {
		o->region = argv[optind];
		o->devices = argv + optind + 1;
		o->n_devices = argc - optind - 1;
		o->scratch.size = o->scratch.size ?: SIZE_DEFAULT;
		o->seconds = o->seconds ?: SECONDS_DEFAULT;
		set_shapes(p);
		return -1;
	}
	return usage_hint(&verb_bench);
}

int bench_parse(int argc, char **argv, struct bench_options *o)
{
	static const struct option options[] = {
		{ "size", required_argument, NULL, OPTION_SIZE },
		{ "file", required_argument, NULL, OPTION_FILE },
		{ "destroy", required_argument, NULL, OPTION_DESTROY },
		{ "block-size", required_argument, NULL, 'b' },
		{ "queue-depth", required_argument, NULL, 'q' },
		{ "time", required_argument, NULL, 't' },
		{ "output", required_argument, NULL, 'o' },
		{ "help", no_argument, NULL, 'h' },
		{},
	};
	struct parsed p = { .o = o };
	int c, r;

	while ((c = getopt_long(argc, argv, ":b:q:t:o:h", options, NULL)) >= 0) {
		r = take_option(&p, c, argv);
		if (r >= 0)
			return r;
	}
	return check(&p, argc, argv);
}
