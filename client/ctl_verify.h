/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * verify, in the order in which it goes: options, what is used of the device,
 * the buffer, the passes, the report. Functions return an exit status and have
 * said what was wrong, unless they say otherwise.
 */
#pragma once

#include <p2pmem/io.h>

#include "client/ctl_scratch.h"
#include "client/verify_pattern.h"

/* One with as much at a time as there is room for, and one page by page. */
#define VERIFY_ROUNDS 2

struct verify_options {
	const char *region;
	const char *device;
	struct scratch_options scratch;
	uint64_t block_size;
	bool json;
};

/* -1: go on, otherwise the exit status to end with. @ret has the defaults at first. */
int verify_parse(int argc, char **argv, struct verify_options *ret);

/* The device through memory of one kind. */
struct way {
	struct p2pmem_io *io;
	struct p2pmem_io_file *file;
	char *memory;
};

struct verification {
	struct scratch scratch;
	struct way peer;
	struct way host; /* with room for three blocks */
	size_t block;
	uint64_t run; /* number of the patterns */
	struct pattern_result reads; /* from the device into peer-to-peer memory */
	struct pattern_result writes; /* from there to the device */
	uint64_t changed; /* bytes that somebody else wrote meanwhile: not compared */
};

/* All passes. Wrong data is no failure: see the results. */
int verify_run(struct verification *v);

int verify_report(const struct verify_options *o, const struct p2pmem_lease *l,
		  const struct verification *v);
