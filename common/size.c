/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/size.h"

/* How far a unit shifts, or -EINVAL. */
static int unit_shift(const char *s)
{
	static const char units[] = "KMGT";
	const char *u;

	if (!*s)
		return 0;
	u = strchr(units, toupper((unsigned char)*s));
	if (!u || (s[1] && strcmp(s + 1, "iB") != 0))
		return -EINVAL;
	return ((int)(u - units) + 1) * 10;
}

int size_parse(const char *s, uint64_t *ret)
{
	unsigned long long n;
	char *end;
	int shift;

	if (!isdigit((unsigned char)*s))
		return -EINVAL;
	errno = 0;
	n = strtoull(s, &end, 10);
	if (errno)
		return -errno;
	shift = unit_shift(end);
	if (shift < 0)
		return shift;
	if (n > (unsigned long long)INT64_MAX >> shift)
		return -ERANGE;
	*ret = (uint64_t)n << shift;
	return 0;
}
