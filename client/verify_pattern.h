/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What verify writes, and what it makes of what it reads. Every 512 bytes say
 * which run, which pass and which place they are of, and the rest of them
 * follows from that: what is not where it belongs says where it comes from.
 * Pure.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define PATTERN_UNIT 512

/* Who wrote something. */
enum pattern_writer {
	PATTERN_POISON = 1, /* in memory before it is read into */
	PATTERN_HOST = 2, /* to the device, from host memory */
	PATTERN_PEER = 3, /* to the device, from peer-to-peer memory */
};

struct pattern {
	uint64_t run; /* a random number */
	uint32_t round;
	enum pattern_writer writer;
};

/* Fills @size bytes, a multiple of the unit, that belong at @offset. */
void pattern_fill(const struct pattern *p, uint64_t offset, void *memory, size_t size);

/* What is there in place of what should be. */
enum pattern_finding {
	PATTERN_RIGHT,
	PATTERN_UNTOUCHED, /* what was in memory before: nothing has arrived */
	PATTERN_ZEROS,
	PATTERN_STALE, /* of this run, but of an earlier pass */
	PATTERN_MISPLACED, /* of this pass, but of another place */
	PATTERN_PARTIAL, /* begins right */
	PATTERN_OTHER, /* nothing of this run */
};

const char *pattern_finding_name(enum pattern_finding f);
/* For a sentence about bytes: "..., which hold WHAT". */
const char *pattern_finding_text(enum pattern_finding f);

/* Adds up over calls; zeroed at first. */
struct pattern_result {
	uint64_t checked; /* bytes */
	uint64_t wrong; /* bytes in units that are not right */
	uint64_t first; /* offset of the first, as far as there is one */
	uint64_t belongs; /* of a misplaced first one: where */
	enum pattern_finding finding; /* of the first */
};

/* Looks at @size bytes that should be those of @p at @offset. */
void pattern_check(const struct pattern *p, uint64_t offset, const void *memory, size_t size,
		   struct pattern_result *result);

/*
 * The same for memory that was filled with @poison at @offset before, and
 * should be equal to @wanted, whatever that is.
 */
void pattern_compare(const struct pattern *poison, uint64_t offset, const void *memory,
		     const void *wanted, size_t size, struct pattern_result *result);
