/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "client/grace.h"

#define WEEK_SECONDS (7U * 24 * 3600)

static uint64_t unit_seconds(const char *unit)
{
	if (strcmp(unit, "") == 0 || strcmp(unit, "s") == 0)
		return 1;
	if (strcmp(unit, "m") == 0 || strcmp(unit, "min") == 0)
		return 60;
	return strcmp(unit, "h") == 0 ? 3600 : 0;
}

int grace_parse(const char *s, uint64_t *ret_usec)
{
	unsigned long long value;
	uint64_t unit;
	char *end;

	if (*s < '0' || *s > '9')
		return -EINVAL;
	errno = 0;
	value = strtoull(s, &end, 10);
	unit = unit_seconds(end);
	if (unit == 0)
		return -EINVAL;
	if (errno || value > WEEK_SECONDS / unit)
		return -ERANGE;
	*ret_usec = value * unit * 1000000;
	return 0;
}
