/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * How often what took how long, in little memory: values are told apart to one
 * part in 32. Zeroed at first. Pure.
 */
#pragma once

#include <stdint.h>

#define DURATIONS_PARTS 32
#define DURATIONS_BUCKETS (DURATIONS_PARTS * 60)

struct durations {
	uint64_t count;
	uint64_t max;
	uint64_t buckets[DURATIONS_BUCKETS];
};

void durations_add(struct durations *h, uint64_t value);

/* Adds what is in @other. */
void durations_merge(struct durations *h, const struct durations *other);

/*
 * The smallest value that @per_mille of all are not above, at most one part in
 * 32 too high and never above the largest; 0 if there is none.
 */
uint64_t durations_value(const struct durations *h, unsigned int per_mille);
