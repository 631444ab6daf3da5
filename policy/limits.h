/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * How much. An amount is what a rule says, limits are what that comes to in
 * one region. Pure.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* Where a rule says nothing. */
#define LIMIT_NONE UINT64_MAX

struct amount {
	enum {
		AMOUNT_NONE,
		AMOUNT_BYTES,
		AMOUNT_PERCENT, /* of the region */
	} kind;
	uint64_t value;
};

/* "64M", "2GiB", "4096", "50%". -EINVAL: none of these, -ERANGE: too large. */
int amount_parse(const char *s, struct amount *ret);

/* In bytes of a region of that size, rounded down; @otherwise where the rule says nothing. */
uint64_t amount_of(const struct amount *a, uint64_t region_size, uint64_t otherwise);

/* All of them count in one region; LIMIT_NONE: no limit. */
struct limits {
	uint64_t bytes; /* of the tenant */
	uint64_t buffers;
	uint64_t uid_bytes; /* of one uid within it */
	uint64_t uid_buffers;
	uint64_t largest; /* bytes of one lease */
	uint64_t reserved; /* bytes kept for the tenant; 0: none */
};
