/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stddef.h>

#include "client/durations.h"

#define PART_BITS 5

/*
 * Values below 32 have a bucket each; above, each power of two has 32. The last
 * bucket is that of UINT64_MAX.
 */
static size_t bucket_of(uint64_t value)
{
	unsigned int shift;

	if (value < DURATIONS_PARTS)
		return value;
	shift = 63 - __builtin_clzll(value) - PART_BITS;
	return (shift + 1) * DURATIONS_PARTS + (value >> shift) - DURATIONS_PARTS;
}

static uint64_t largest_of(size_t bucket)
{
	unsigned int shift;

	if (bucket < DURATIONS_PARTS)
		return bucket;
	shift = bucket / DURATIONS_PARTS - 1;
	return (((uint64_t)(bucket % DURATIONS_PARTS) + DURATIONS_PARTS) << shift) +
	       ((UINT64_C(1) << shift) - 1);
}

void durations_add(struct durations *h, uint64_t value)
{
	h->buckets[bucket_of(value)]++;
	h->count++;
	if (value > h->max)
		h->max = value;
}

void durations_merge(struct durations *h, const struct durations *other)
{
	for (size_t i = 0; i < DURATIONS_BUCKETS; i++)
		h->buckets[i] += other->buckets[i];
	h->count += other->count;
	if (other->max > h->max)
		h->max = other->max;
}

uint64_t durations_value(const struct durations *h, unsigned int per_mille)
{
	uint64_t wanted = (h->count * per_mille + 999) / 1000, seen = 0, value;

	for (size_t i = 0; h->count && i < DURATIONS_BUCKETS; i++) {
		seen += h->buckets[i];
		if (seen && seen >= wanted) {
			value = largest_of(i);
			return value < h->max ? value : h->max;
		}
	}
	return 0;
}
