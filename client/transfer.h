/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How much to transfer at a time. Belongs to the library; p2pmemctl uses it as well. */
#pragma once

#include <stddef.h>
#include <sys/types.h>

/*
 * What a block device takes in one piece, by sysfs below @sys; 0: nothing says.
 * What is longer is split by the kernel, and that does not go well with
 * io_uring: a request that may not wait cannot be split (bio_split_io_at()), so
 * it is made once more by a worker thread, at a multiple of the cost.
 */
size_t transfer_max(const char *sys, dev_t device);

/* Between two places with these limits, or 0: up to 1 MiB. */
size_t transfer_size(size_t a_max, size_t b_max);
