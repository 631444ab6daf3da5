/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What block devices are made of, as last found in sysfs: following the links
 * there is most of what an Allocate costs. It is good for as long as the
 * topology is, and goes with the first device that changes; whether queues take
 * P2P pages is the driver's word, and not kept.
 */
#pragma once

#include "topology/block.h"

struct block_entry;

struct block_cache {
	struct block_entry *first;
	size_t n;
};

void block_cache_clear(struct block_cache *c);

/*
 * As block_resolve(). *@ret is the cache's, and good until it is cleared or
 * asked for another one.
 */
int block_cache_get(struct block_cache *c, const struct sysfs *s, unsigned int major,
		    unsigned int minor, const char *release, struct block_target **ret);
