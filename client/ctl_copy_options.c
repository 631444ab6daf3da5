/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What copy can be told on its command line. */
#include <getopt.h>
#include <string.h>
#include <unistd.h>

#include "client/ctl.h"
#include "client/ctl_copy.h"
#include "client/say.h"
#include "client/size.h"

#define BLOCK_SIZE_MAX (UINT64_C(1) << 30)

static int parse_size(const char *option, const char *text, uint64_t *ret)
{
	if (size_parse(text, ret) < 0 || *ret == 0) {
		problem("%s takes a size above 0, like 4096, 64K, 256M or 2G, not '%s'", option,
			text);
		return usage_hint(&verb_copy);
	}
	return -1;
}

static int parse_block_size(const char *text, uint64_t *ret)
{
	uint64_t page = sysconf(_SC_PAGESIZE);
	int r = parse_size("--block-size", text, ret);

	if (r >= 0 || (*ret % page == 0 && *ret <= BLOCK_SIZE_MAX))
		return r;
	problem("--block-size must be a multiple of %d bytes and at most 1G, not '%s'", (int)page,
		text);
	return usage_hint(&verb_copy);
}

static int parse_depth(const char *text, unsigned int *ret)
{
	uint64_t depth;

	if (size_parse(text, &depth) < 0 || depth == 0 || depth > P2PMEM_IO_QUEUE_DEPTH_MAX) {
		problem("--queue-depth takes a number from 1 to %d, not '%s'",
			P2PMEM_IO_QUEUE_DEPTH_MAX, text);
		return usage_hint(&verb_copy);
	}
	*ret = (unsigned int)depth;
	return -1;
}

static int parse_verdict(const char *text, struct copy_options *o)
{
	o->require_p2p = true;
	if (!text || strcmp(text, "bridge") == 0)
		return -1;
	if (strcmp(text, "bus") == 0) {
		o->min_verdict = P2PMEM_VERDICT_BUS;
		return -1;
	}
	problem("--require-p2p takes 'bus' or 'bridge', not '%s'", text);
	return usage_hint(&verb_copy);
}

enum {
	OPTION_SIZE = 256,
	OPTION_REQUIRE,
	OPTION_HOST,
	OPTION_VERIFY,
	OPTION_FORCE
};

static int parse_option(int c, char **argv, struct copy_options *o)
{
	switch (c) {
	case OPTION_SIZE:
		return parse_size("--size", optarg, &o->size);
	case 'b':
		return parse_block_size(optarg, &o->block_size);
	case 'd':
		o->wants_depth = true;
		return parse_depth(optarg, &o->queue_depth);
	case OPTION_REQUIRE:
		return parse_verdict(optarg, o);
	case OPTION_HOST:
		o->host_memory = true;
		return -1;
	case OPTION_VERIFY:
		o->verify = true;
		return -1;
	case OPTION_FORCE:
		o->force = true;
		return -1;
	case 'q':
		o->quiet = true;
		return -1;
	case 'o':
		return parse_output(&verb_copy, optarg, &o->json);
	case 'h':
		verb_print_help(&verb_copy);
		return STATUS_OK;
	default:
		return option_problem(&verb_copy, c, argv);
	}
}

static int parse_arguments(int argc, char **argv, struct copy_options *o)
{
	if (o->host_memory && o->require_p2p) {
		problem("--require-p2p and --host-memory exclude each other");
		return usage_hint(&verb_copy);
	}
	if (argc - optind != 2) {
		problem("copy takes a source and a destination");
		return usage_hint(&verb_copy);
	}
	o->src = argv[optind];
	o->dst = argv[optind + 1];
	return -1;
}

int copy_parse(int argc, char **argv, struct copy_options *o)
{
	static const struct option options[] = {
		{ "size", required_argument, NULL, OPTION_SIZE },
		{ "block-size", required_argument, NULL, 'b' },
		{ "queue-depth", required_argument, NULL, 'd' },
		{ "require-p2p", optional_argument, NULL, OPTION_REQUIRE },
		{ "host-memory", no_argument, NULL, OPTION_HOST },
		{ "verify", no_argument, NULL, OPTION_VERIFY },
		{ "force", no_argument, NULL, OPTION_FORCE },
		{ "quiet", no_argument, NULL, 'q' },
		{ "output", required_argument, NULL, 'o' },
		{ "help", no_argument, NULL, 'h' },
		{},
	};
	int c, r;

	while ((c = getopt_long(argc, argv, ":b:d:qo:h", options, NULL)) >= 0) {
		r = parse_option(c, argv, o);
		if (r >= 0)
			return r;
	}
	return parse_arguments(argc, argv, o);
}
