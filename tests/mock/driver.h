/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Stands in for the driver: regions are the functions with a p2pmem folder in
 * a tree, buffers are memfds, and the verdict on a pair is `bus` below a
 * common bridge, else `unsupported`.
 *
 * The last close of a buffer is observed by inotify: a memfd has no name, so
 * its inode loses its last link to a file when the last descriptor, mapping,
 * descriptor in a socket and transfer is gone, and a watch on it then reports
 * IN_DELETE_SELF, before the close() that did it returns. The watch itself
 * keeps the inode, but no file. So what a client closed is free for whoever
 * asks afterwards, in order and without a wait.
 */
#pragma once

#include <stdbool.h>

#include "daemon/region.h"

struct mock_driver;

/* @sysfs: the tree. Its p2pmem/available files are kept up to date. */
struct mock_driver *mock_driver_new(const char *sysfs);
struct mock_driver *mock_driver_free(struct mock_driver *m);

const struct region_driver *mock_driver_interface(struct mock_driver *m);

/* Events kept for who reads them late; further ones are counted only. */
#define MOCK_EVENTS_MAX 512

/* With transfers in flight in all buffers: what is revoked is free when it is closed, not at once. */
void mock_driver_set_busy(struct mock_driver *m, bool busy);

/* Every request fails with @error from here on; 0: none does. */
void mock_driver_fail(struct mock_driver *m, int error);

/* Every allocation of at most one region fails with @error from here on. */
void mock_driver_fail_region(struct mock_driver *m, uint32_t region, int error);

/* The next @n revocations fail with @error. */
void mock_driver_fail_revocations(struct mock_driver *m, unsigned int n, int error);

/*
 * From here on nothing changes in the tree but what the driver itself writes
 * there. It is read once then, and costs of the mock do not stand in the way of
 * measuring the daemon.
 */
void mock_driver_set_still(struct mock_driver *m);

/* The verdict on pairs without a common bridge; `unsupported` at first. */
void mock_driver_set_far(struct mock_driver *m, enum p2pmem_verdict verdict);

/* Requests of each kind so far. */
struct mock_counts {
	unsigned int queries;
	unsigned int allocs;
};

struct mock_counts mock_driver_counts(const struct mock_driver *m);
