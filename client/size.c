/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "client/size.h"

static const char units[] = "KMGT";

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
