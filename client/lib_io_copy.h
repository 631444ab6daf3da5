/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is to be done at the ends of a copy: lib_io_ends.c. */
#pragma once

#include "client/lib_io.h"

/* Whether it can be done. Failures are recorded. */
int io_copy_check(struct p2pmem_io *io, const struct p2pmem_io_copy_options *o);

/*
 * Pads a block, by system calls: memory that was revoked meanwhile would end
 * the program by SIGBUS at a store, and is but an error here.
 */
int io_put_zeros(char *to, size_t n);

/* Ends the file where the copy ends, if it has to. */
int io_copy_cut(struct p2pmem_io *io, const struct p2pmem_io_copy_options *o);

/*
 * Has it on stable storage. If there was a failure @before, that is the one to
 * be told; being cancelled is none.
 */
int io_copy_sync(struct p2pmem_io *io, const struct p2pmem_io_copy_options *o, int before);
