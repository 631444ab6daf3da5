/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * For verbs that measure or check the way between a region and a device: what
 * people call both, and a buffer of that region. Functions return an exit
 * status and have said what was wrong.
 */
#pragma once

#include <p2pmem/io.h>

#include "client/ctl_lookup.h"

/* The region of that name, also where there is none at all. */
int lend_region(const struct lookup *l, const char *name, const struct p2pmem_region **ret);

/*
 * Where the device of that name can be opened: what is there by that path, or
 * else its one block device in /dev. To be freed.
 */
int lend_path(const struct lookup *l, const char *name, char **ret);

/*
 * A buffer of up to @size bytes (but a multiple of @unit, and at least that),
 * of @region, for I/O on @fd.
 */
int lend_buffer(struct p2pmem_client *client, const struct p2pmem_region *region, int fd,
		uint64_t size, uint64_t unit, const char *name, struct p2pmem_buffer **ret);
void lend_buffer_freep(struct p2pmem_buffer **buffer);
void lend_io_freep(struct p2pmem_io **io);

/* Says what failed, and returns the exit status for it. */
int lend_io_failure(const struct p2pmem_io *io, int error);
/* The same of a transfer that fell short at @offset of what is to be as long as it was. */
int lend_ended(const char *path, uint64_t offset);
