/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reads two files again, and says where they differ. */
#pragma once

#include <signal.h>
#include <p2pmem/io.h>

struct compare_job {
	struct p2pmem_io *io; /* two transfers deep, with room for two blocks, at least */
	struct p2pmem_io_file *a;
	struct p2pmem_io_file *b;
	uint64_t size;
	const volatile sig_atomic_t *stop; /* NULL: never; not 0: end soon */
	void (*progress)(uint64_t done, void *data); /* NULL: none */
	void *data;
};

struct compare_result {
	uint64_t done; /* bytes that are equal, from the beginning on */
	uint64_t difference; /* where they differ first, if they do */
};

/*
 * 1: they are equal, 0: they differ, -ECANCELED: stopped, -ENODATA: one is
 * shorter than that; other -errno, which p2pmem_io_errmsg() explains. After
 * a failure transfers may be in flight, which end with p2pmem_io_free().
 */
int compare_files(const struct compare_job *job, struct compare_result *ret);
