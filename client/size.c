/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/size.h"

static const char units[] = "KMGT";

/* How far a unit shifts, or -EINVAL. */
static int unit_shift(const char *s)
{
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

const char *size_short(uint64_t size, char buf[static SIZE_TEXT_MAX])
{
	int unit = -1;
	uint64_t tenths;

	while (unit < 3 && size >> ((unit + 1) * 10) >= 1024)
		unit++;
	if (unit < 0) {
		snprintf(buf, SIZE_TEXT_MAX, "%" PRIu64, size);
		return buf;
	}
	/* Divided before it is multiplied, so that nothing overflows. */
	tenths = (size >> (unit * 10)) * 10 / 1024 % 10;
	if (tenths)
		snprintf(buf, SIZE_TEXT_MAX, "%" PRIu64 ".%" PRIu64 "%c", size >> ((unit + 1) * 10),
			 tenths, units[unit]);
	else
		snprintf(buf, SIZE_TEXT_MAX, "%" PRIu64 "%c", size >> ((unit + 1) * 10),
			 units[unit]);
	return buf;
}

const char *size_exact(uint64_t size, char buf[static SIZE_TEXT_MAX])
{
	int unit = 0;

	if (size == 0) {
		strcpy(buf, "0");
		return buf;
	}
	while (unit < 4 && size % (UINT64_C(1) << ((unit + 1) * 10)) == 0)
		unit++;
	if (unit == 0)
		snprintf(buf, SIZE_TEXT_MAX, "%" PRIu64 " bytes", size);
	else
		snprintf(buf, SIZE_TEXT_MAX, "%" PRIu64 " %ciB", size >> (unit * 10),
			 units[unit - 1]);
	return buf;
}
