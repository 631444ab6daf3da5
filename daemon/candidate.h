/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How a region is chosen. Pure. */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <linux/p2pmem.h>

#include "daemon/grant.h"

/* A region in question, with what is known of it and all the devices together. */
struct candidate {
	const struct p2pmem_region_info *region;
	enum p2pmem_verdict verdict; /* the worst of its pairs */
	unsigned int distance; /* the sum of them */
	uint64_t free;
	struct grant grant; /* what policy lets the peer have of it */
	uint64_t most; /* bytes of it that may be asked for, at most what the request says */
};

/* Best first: the lowest distance, then the most room, then the lowest number. */
void candidates_sort(struct candidate *c, size_t n);
