/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* copy: from one device or file to another, without a detour through host memory. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "client/ctl.h"
#include "client/ctl_copy.h"
#include "client/say.h"
#include "client/transfer.h"

#define QUEUE_DEPTH_DEFAULT 8

struct copy {
	struct copy_options options;
	struct endpoint src;
	struct endpoint dst;
	uint64_t size;
	bool reserved; /* room in the destination, beyond its end */
	struct copy_memory memory;
	struct copy_report report;
};

/* Gives back what was reserved and not used. A file that was made here ends where the copy ended. */
static void cut(const struct copy *c)
{
	off_t end = (off_t)c->report.done;
	struct stat st;
	int r = 0;

	if (!c->dst.created || !copy_written(&c->memory)) {
		r = fstat(c->dst.fd, &st);
		end = st.st_size;
	}
	if (r < 0 || ftruncate(c->dst.fd, end) < 0)
		note("%s could not be cut to what was copied: %s", c->dst.path, strerror(errno));
}

/* A file that was made here goes again if nothing was written. */
static void copy_end(struct copy *c, bool complete)
{
	bool untouched = copy_written(&c->memory) == 0;

	if (!complete && c->reserved)
		cut(c);
	copy_memory_clear(&c->memory);
	endpoint_close(&c->src, false);
	endpoint_close(&c->dst, untouched);
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
	/* Only now a file that was made says on which device it lies. */
	if (s == STATUS_OK && c->dst.created)
		s = copy_check_overlap(&c->src, &c->dst);
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

	if (block == 0)
		block = transfer_size(transfer_max("/sys", c->src.device),
				      transfer_max("/sys", c->dst.device));
	if (c->src.align > unit)
		unit = c->src.align;
	if (c->dst.align > unit)
		unit = c->dst.align;
	needed = (c->size + unit - 1) / unit * unit;
	if (block > needed)
		block = needed;
	return block < unit ? unit : block / unit * unit;
}

/* As much at a time as there are such blocks. */
static void limit_depth(struct copy *c)
{
	uint64_t blocks = (c->size + c->report.block_size - 1) / c->report.block_size;

	if (c->options.queue_depth > blocks)
		c->options.queue_depth = (unsigned int)blocks;
}

static int get_memory(struct copy *c)
{
	uint64_t block = c->report.block_size = block_size(c);

	limit_depth(c);
	if (c->options.host_memory)
		return copy_memory_host(&c->options, &c->src, &c->dst, block, &c->memory);
	return copy_memory_lent(&c->options, &c->src, &c->dst, block, &c->memory);
}

/* Last of all: waiting for memory may have taken long, and the file is not ours alone. */
static int reserve(struct copy *c)
{
	int s = copy_check_empty(&c->dst, c->options.force);

	if (s != STATUS_OK)
		return s;
	c->reserved = c->dst.kind == ENDPOINT_FILE;
	return copy_check_room(&c->dst, c->size);
}

static int copy_go(struct copy *c)
{
	int s = open_ends(c);

	if (s == STATUS_OK)
		s = check(c);
	if (s == STATUS_OK)
		s = get_memory(c);
	if (s == STATUS_OK)
		s = reserve(c);
	if (s != STATUS_OK)
		return s;
	c->report.options = &c->options;
	c->report.memory = &c->memory;
	c->report.size = c->size;
	return copy_transfer(&c->report);
}

static int run_copy(int argc, char **argv)
{
	struct copy c = {
		.options = { .queue_depth = QUEUE_DEPTH_DEFAULT },
		.src = { .fd = -1 },
		.dst = { .fd = -1 },
	};
	int s = copy_parse(argc, argv, &c.options);
	bool complete;

	if (s >= 0)
		return s;
	copy_catch_signals();
	s = copy_go(&c);
	complete = s == STATUS_OK;
	if (complete && c.options.verify)
		s = copy_compare(&c.report, &c.src, &c.dst);
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
		"  -b, --block-size N   how much at a time; default: what both sides take in one\n"
		"                       piece, up to 1M; less if the region has no more\n"
		"  -d, --queue-depth N  how many of these at the same time (8)\n"
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
