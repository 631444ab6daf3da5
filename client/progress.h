/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A bar on standard error, for people at a terminal only. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct progress {
	const char *what;
	uint64_t size;
	bool shown;
	int64_t begin_ms;
	int64_t last_ms; /* when it was drawn last */
};

void progress_begin(struct progress *p, const char *what, uint64_t size, bool quiet);
/* Fits the callback of p2pmem_io_copy(): @data is the struct progress. */
void progress_update(uint64_t done, void *data);
/* Leaves an empty line for what is said next. */
void progress_end(struct progress *p);

/* The line for a terminal @width columns wide, into @buf. */
void progress_format(const struct progress *p, uint64_t done, int64_t elapsed_ms, size_t width,
		     char *buf, size_t size);
