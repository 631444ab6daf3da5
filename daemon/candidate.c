/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdlib.h>

#include "daemon/candidate.h"

static int compare(const void *left, const void *right)
{
	const struct candidate *a = left, *b = right;

	if (a->distance != b->distance)
		return a->distance < b->distance ? -1 : 1;
	if (a->free != b->free)
		return a->free > b->free ? -1 : 1;
	return a->region->region < b->region->region ? -1 : a->region->region > b->region->region;
}

void candidates_sort(struct candidate *c, size_t n)
{
	if (n > 1)
		qsort(c, n, sizeof(*c), compare);
}
