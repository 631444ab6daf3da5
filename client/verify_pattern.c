/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdbool.h>
#include <string.h>

#include "client/verify_pattern.h"

#define WORDS (PATTERN_UNIT / sizeof(uint64_t))

/* The words that say what a unit is; the others follow. */
enum {
	WORD_RUN,
	WORD_PASS,
	WORD_OFFSET,
	WORDS_OF_HEADER
};

/* Spreads a difference in any bit over all of them (a permutation). */
static uint64_t mix(uint64_t x)
{
	x = (x ^ (x >> 32)) * UINT64_C(0xd6e8feb86659fd93);
	x = (x ^ (x >> 32)) * UINT64_C(0xd6e8feb86659fd93);
	return x ^ (x >> 32);
}

static uint64_t pass_of(const struct pattern *p)
{
	return (uint64_t)p->writer << 32 | p->round;
}

static void make_unit(uint64_t run, uint64_t pass, uint64_t offset, uint64_t unit[WORDS])
{
	uint64_t seed = mix(run + mix(pass + mix(offset)));

	unit[WORD_RUN] = run;
	unit[WORD_PASS] = pass;
	unit[WORD_OFFSET] = offset;
	for (size_t i = WORDS_OF_HEADER; i < WORDS; i++)
		unit[i] = mix(seed + i);
}

void pattern_fill(const struct pattern *p, uint64_t offset, void *memory, size_t size)
{
	uint64_t unit[WORDS];

	for (size_t i = 0; i < size; i += PATTERN_UNIT) {
		make_unit(p->run, pass_of(p), offset + i, unit);
		memcpy((char *)memory + i, unit, PATTERN_UNIT);
	}
}

static bool is_zero(const uint64_t unit[WORDS])
{
	for (size_t i = 0; i < WORDS; i++)
		if (unit[i])
			return false;
	return true;
}

/* Whether it is what its own header says, which is written in @pass. */
static bool is_whole(const uint64_t unit[WORDS])
{
	uint64_t copy[WORDS];

	make_unit(unit[WORD_RUN], unit[WORD_PASS], unit[WORD_OFFSET], copy);
	return memcmp(copy, unit, PATTERN_UNIT) == 0;
}

static enum pattern_finding judge(uint64_t run, uint64_t pass, uint64_t offset,
				  const uint64_t unit[WORDS])
{
	if (is_zero(unit))
		return PATTERN_ZEROS;
	if (unit[WORD_RUN] != run)
		return PATTERN_OTHER;
	if (unit[WORD_PASS] == pass && unit[WORD_OFFSET] == offset)
		return is_whole(unit) ? PATTERN_RIGHT : PATTERN_PARTIAL;
	if (!is_whole(unit))
		return PATTERN_OTHER;
	if (unit[WORD_PASS] >> 32 == PATTERN_POISON)
		return PATTERN_UNTOUCHED;
	return unit[WORD_PASS] == pass ? PATTERN_MISPLACED : PATTERN_STALE;
}

static void count(struct pattern_result *r, uint64_t offset, enum pattern_finding f,
		  uint64_t belongs)
{
	r->checked += PATTERN_UNIT;
	if (f == PATTERN_RIGHT)
		return;
	if (r->wrong == 0) {
		r->first = offset;
		r->finding = f;
		r->belongs = belongs;
	}
	r->wrong += PATTERN_UNIT;
}

void pattern_check(const struct pattern *p, uint64_t offset, const void *memory, size_t size,
		   struct pattern_result *result)
{
	uint64_t unit[WORDS];

	for (size_t i = 0; i < size; i += PATTERN_UNIT) {
		memcpy(unit, (const char *)memory + i, PATTERN_UNIT);
		count(result, offset + i, judge(p->run, pass_of(p), offset + i, unit),
		      unit[WORD_OFFSET]);
	}
}

void pattern_compare(const struct pattern *poison, uint64_t offset, const void *memory,
		     const void *wanted, size_t size, struct pattern_result *result)
{
	enum pattern_finding f;
	uint64_t unit[WORDS];

	for (size_t i = 0; i < size; i += PATTERN_UNIT) {
		memcpy(unit, (const char *)memory + i, PATTERN_UNIT);
		if (memcmp(unit, (const char *)wanted + i, PATTERN_UNIT) == 0)
			f = PATTERN_RIGHT;
		else if (judge(poison->run, pass_of(poison), offset + i, unit) == PATTERN_RIGHT)
			f = PATTERN_UNTOUCHED;
		else
			f = is_zero(unit) ? PATTERN_ZEROS : PATTERN_OTHER;
		count(result, offset + i, f, 0);
	}
}

static const struct {
	const char *name;
	const char *text;
} findings[] = {
	[PATTERN_RIGHT] = { "right", "what they should" },
	[PATTERN_UNTOUCHED] = { "untouched", "what was there before: nothing has arrived" },
	[PATTERN_ZEROS] = { "zeros", "zeros" },
	[PATTERN_STALE] = { "stale", "what was written there earlier" },
	[PATTERN_MISPLACED] = { "misplaced", "what belongs elsewhere" },
	[PATTERN_PARTIAL] = { "partial", "only the beginning of what they should" },
	[PATTERN_OTHER] = { "other", "something that was never written" },
};

const char *pattern_finding_name(enum pattern_finding f)
{
	return findings[f].name;
}

const char *pattern_finding_text(enum pattern_finding f)
{
	return findings[f].text;
}
