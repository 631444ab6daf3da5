/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdint.h>
#include <stdlib.h>
#include <sys/sysmacros.h>

#include "common/cleanup.h"
#include "common/files.h"
#include "client/transfer.h"

#define SIZE_MOST ((size_t)1 << 20)
/* The cost of a transfer outweighs what a worker costs. */
#define SIZE_LEAST ((size_t)64 << 10)

/* Of a partition the disk has the queue. */
static char *read_limit(const char *sys, dev_t device)
{
	char *line = file_first_line("%s/dev/block/%u:%u/queue/max_sectors_kb", sys, major(device),
				     minor(device));

	return line  ?:
		       file_first_line("%s/dev/block/%u:%u/../queue/max_sectors_kb", sys,
				       major(device), minor(device));
}

size_t transfer_max(const char *sys, dev_t device)
{
	_cleanup_free_ char *line = read_limit(sys, device);
	unsigned long kib = line ? strtoul(line, NULL, 10) : 0;

	return kib < UINT32_MAX / 1024 ? kib * 1024 : 0;
}

static size_t limit(size_t size, size_t max)
{
	if (max == 0 || max >= size)
		return size;
	return max < SIZE_LEAST ? SIZE_LEAST : max;
}

size_t transfer_size(size_t a_max, size_t b_max)
{
	return limit(limit(SIZE_MOST, a_max), b_max);
}
