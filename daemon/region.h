/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The driver's requests, behind a table, so that tests can put something else
 * there. All return 0 or -errno; what the errno of a request means is in
 * linux/p2pmem.h. -ENOENT, -EACCES, -EPERM and -ENXIO of the control requests mean
 * that the driver cannot be reached.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <linux/p2pmem.h>

/* As many as the shortest read that the driver takes can hold. */
#define EVENTS_MAX (P2PMEM_EVENT_READ_SIZE / sizeof(struct p2pmem_event))

struct region_ops {
	/* Complete lists, which the caller frees. */
	int (*list_regions)(void *driver, struct p2pmem_region_info **ret, size_t *ret_n);
	int (*list_buffers)(void *driver, struct p2pmem_buffer_info **ret, size_t *ret_n);

	/* Fill the out: members. */
	int (*query)(void *driver, struct p2pmem_query *q);
	int (*query_block)(void *driver, struct p2pmem_query_block *q);

	/* Allocates @a->length bytes of @region; -ENODEV as well if it is no longer that one. */
	int (*alloc)(void *driver, const struct p2pmem_region_info *region, struct p2pmem_alloc *a);

	/* Ends access to a buffer; @notice: asks for it back, and no more. -ENOENT: there is none. */
	int (*revoke)(void *driver, uint64_t buffer, bool notice);

	/*
	 * Events are kept from here on, for the descriptor that is returned, or -errno.
	 * It is the caller's, is readable while there are some, and keeps the driver.
	 */
	int (*open_events)(void *driver);

	/* Up to EVENTS_MAX of them, oldest first. How many, 0 if there is none, or -errno. */
	int (*read_events)(void *driver, int fd, struct p2pmem_event *events);
};

struct region_driver {
	const struct region_ops *ops;
	void *data; /* handed to each operation */
};

/* The kernel's, through the nodes in /dev. */
extern const struct region_driver region_driver_kernel;
