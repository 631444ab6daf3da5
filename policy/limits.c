/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <string.h>

#include "common/size.h"
#include "policy/limits.h"

static int percent_parse(const char *s, size_t digits, struct amount *ret)
{
	uint64_t value = 0;

	if (digits == 0 || digits > 3)
		return digits ? -ERANGE : -EINVAL;
	for (size_t i = 0; i < digits; i++) {
		if (s[i] < '0' || s[i] > '9')
			return -EINVAL;
		value = value * 10 + (uint64_t)(s[i] - '0');
	}
	if (value > 100)
		return -ERANGE;
	*ret = (struct amount){ AMOUNT_PERCENT, value };
	return 0;
}

int amount_parse(const char *s, struct amount *ret)
{
	size_t n = strlen(s);
	uint64_t value;
	int r;

	if (n > 0 && s[n - 1] == '%')
		return percent_parse(s, n - 1, ret);
	r = size_parse(s, &value);
	if (r < 0)
		return r;
	*ret = (struct amount){ AMOUNT_BYTES, value };
	return 0;
}

uint64_t amount_of(const struct amount *a, uint64_t region_size, uint64_t otherwise)
{
	switch (a->kind) {
	case AMOUNT_BYTES:
		return a->value;
	case AMOUNT_PERCENT:
		/* Divided first, so that nothing overflows. */
		return region_size / 100 * a->value + region_size % 100 * a->value / 100;
	default:
		return otherwise;
	}
}
