/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* copy: from one device or file to another, without a detour through host memory. */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "client/ctl.h"
#include "client/ctl_copy.h"
#include "client/say.h"
#include "client/size.h"

#define BLOCK_SIZE_DEFAULT (UINT64_C(1) << 20)
#define BLOCK_SIZE_MAX (UINT64_C(1) << 30)

volatile sig_atomic_t copy_stop;

int copy_stopped_status(void)
{
	return STATUS_SIGNAL + copy_stop;
}

static void on_signal(int number)
{
	copy_stop = number;
}

/* A second one ends the program at once. */
static void catch_signals(void)
{
	struct sigaction sa = { .sa_handler = on_signal, .sa_flags = (int)SA_RESETHAND };

	sigaction(SIGINT, &sa, NULL);
	sigaction(SIGTERM, &sa, NULL);
	sigaction(SIGHUP, &sa, NULL);
}

/* ---- options -------------------------------------------------------- */

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

static int parse(int argc, char **argv, struct copy_options *o)
{
	static const struct option options[] = {
		{ "size", required_argument, NULL, OPTION_SIZE },
		{ "block-size", required_argument, NULL, 'b' },
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

	while ((c = getopt_long(argc, argv, ":b:qo:h", options, NULL)) >= 0) {
		r = parse_option(c, argv, o);
		if (r >= 0)
			return r;
	}
	return parse_arguments(argc, argv, o);
}

/* ---- the way -------------------------------------------------------- */

struct copy {
	struct copy_options options;
	struct endpoint src;
	struct endpoint dst;
	uint64_t size;
	struct copy_memory memory;
	struct copy_report report;
};

/* A file that was made here goes again if nothing was written, and ends where the copy ended. */
static void copy_end(struct copy *c, bool complete)
{
	bool written = c->report.copied.bytes_written > 0;

	if (!complete && written && c->dst.created &&
	    ftruncate(c->dst.fd, (off_t)c->report.copied.done) < 0)
		note("%s could not be cut to what was copied: %s", c->dst.path, strerror(errno));
	copy_memory_clear(&c->memory);
	endpoint_close(&c->src, false);
	endpoint_close(&c->dst, !written);
}

static int open_ends(struct copy *c)
{
	const struct copy_options *o = &c->options;
	int s = endpoint_look(o->src, &c->src);

	if (s == STATUS_OK)
		s = endpoint_look(o->dst, &c->dst);
	if (s == STATUS_OK)
		s = copy_check_overlap(&c->src, &c->dst);
	if (s == STATUS_OK)
		s = copy_check_empty(&c->dst, o->force);
	if (s == STATUS_OK)
		s = endpoint_open_source(&c->src);
	if (s == STATUS_OK)
		s = endpoint_open_destination(&c->dst);
	return s;
}

static int check(struct copy *c)
{
	int s = copy_plan_size(&c->options, &c->src, &c->dst, &c->size);

	if (s == STATUS_OK)
		s = copy_check_contents(&c->dst, c->options.force);
	return s;
}

/* No more than the copy needs, in whole units of memory and of both ends. */
static uint64_t block_size(const struct copy *c)
{
	uint64_t unit = sysconf(_SC_PAGESIZE), needed, block = c->options.block_size;

	if (c->src.align > unit)
		unit = c->src.align;
	if (c->dst.align > unit)
		unit = c->dst.align;
	needed = (c->size + unit - 1) / unit * unit;
	if (block > needed)
		block = needed;
	return block < unit ? unit : block / unit * unit;
}

static int get_memory(struct copy *c)
{
	uint64_t size = block_size(c);

	if (c->options.host_memory)
		return copy_memory_host(size, &c->memory);
	return copy_memory_lent(&c->options, &c->src, &c->dst, size, &c->memory);
}

static struct copy_side side(const struct endpoint *e)
{
	return (struct copy_side){ e->fd, e->align, e->kind == ENDPOINT_FILE };
}

static int transfer(struct copy *c)
{
	struct progress progress;
	struct copy_job job = {
		.src = side(&c->src),
		.dst = side(&c->dst),
		.buffer = c->memory.address,
		.buffer_size = c->memory.size,
		.size = c->size,
		.stop = &copy_stop,
		.progress = progress_update,
		.data = &progress,
	};
	int r;

	progress_begin(&progress, "copying", c->size, c->options.quiet);
	r = copy_run(&job, &c->report.copied);
	progress_end(&progress);
	return r < 0 ? copy_report_failure(&c->report, false, r) : STATUS_OK;
}

/* Always through host memory: peer-to-peer transfers are what is in question. */
static int compare(struct copy *c)
{
	_cleanup_(copy_memory_clear) struct copy_memory memory = {};
	struct progress progress;
	struct copy_job job = {
		.src = side(&c->src),
		.dst = side(&c->dst),
		.size = c->size,
		.stop = &copy_stop,
		.progress = progress_update,
		.data = &progress,
	};
	int r = copy_memory_host(2 * block_size(c), &memory);

	if (r != STATUS_OK)
		return r;
	job.buffer = memory.address;
	job.buffer_size = memory.size;
	progress_begin(&progress, "comparing", c->size, c->options.quiet);
	r = copy_compare(&job, &c->report.compared);
	progress_end(&progress);
	if (r < 0)
		return copy_report_failure(&c->report, true, r);
	return r == 0 ? copy_report_difference(&c->report) : STATUS_OK;
}

static int copy_go(struct copy *c)
{
	int s = open_ends(c);

	if (s == STATUS_OK)
		s = check(c);
	if (s == STATUS_OK)
		s = get_memory(c);
	if (s == STATUS_OK)
		s = copy_check_room(&c->dst, c->size);
	if (s != STATUS_OK)
		return s;
	c->report.options = &c->options;
	c->report.memory = &c->memory;
	c->report.size = c->size;
	return transfer(c);
}

static int run_copy(int argc, char **argv)
{
	struct copy c = {
		.options = { .block_size = BLOCK_SIZE_DEFAULT },
		.src = { .fd = -1 },
		.dst = { .fd = -1 },
	};
	int s = parse(argc, argv, &c.options);
	bool complete;

	if (s >= 0)
		return s;
	catch_signals();
	s = copy_go(&c);
	complete = s == STATUS_OK;
	if (complete && c.options.verify)
		s = compare(&c);
	if (s == STATUS_OK)
		s = copy_report(&c.report);
	copy_end(&c, complete);
	return s;
}

const struct verb verb_copy = {
	.name = "copy",
	.arguments = "SRC DST",
	.summary = "Copies from one device or file to another through peer-to-peer memory",
	.help = "SRC and DST are block devices or regular files. The data moves between the two\n"
		"drives by direct I/O and does not pass through host memory; where that cannot\n"
		"be, nothing is copied. A file as DST is made, and ends where the copy ends.\n\n"
		"Options:\n"
		"      --size N         how much, from the start; default: all of SRC\n"
		"  -b, --block-size N   how much at a time (1M); less if the region has no more\n"
		"      --require-p2p[=VERDICT]\n"
		"                       'bridge' (default, also without this option): any\n"
		"                       peer-to-peer path; 'bus': only behind one switch\n"
		"      --host-memory    go through host memory instead, without the broker\n"
		"      --verify         read both sides back through host memory and compare\n"
		"      --force          overwrite a DST that holds data\n"
		"  -q, --quiet          say nothing unless something is wrong\n"
		"  -o, --output FORMAT  'table' (default) or 'json'\n"
		"  -h, --help           this text\n\n"
		"N may end in K, M, G or T, powers of 1024. A DST that is mounted or otherwise\n"
		"in use is always refused.\n\n"
		"Example:\n"
		"  p2pmemctl copy --size 256M --verify /dev/nvme0n1 /dev/nvme1n1\n",
	.run = run_copy,
};
