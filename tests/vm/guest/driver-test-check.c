// SPDX-License-Identifier: LGPL-2.1-or-later
/* Checks that say what was not so, for all programs that test the driver. */
#include <stdarg.h>
#include <stdio.h>

#include "driver-test.h"

bool failed;

bool check_at(bool condition, const char *file, int line, const char *what)
{
	if (!condition) {
		printf("# %s:%d: not so: %s (errno now %s)\n", file, line, what, strerror(errno));
		failed = true;
	}
	return condition;
}

bool check_errno_at(long result, int expected, const char *file, int line, const char *what)
{
	int got = result < 0 ? errno : 0;

	if (got != expected) {
		printf("# %s:%d: %s: %s instead of %s\n", file, line, what, strerror(got),
		       strerror(expected));
		failed = true;
	}
	return got == expected;
}

void note(const char *format, ...)
{
	va_list args;

	printf("# ");
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	printf("\n");
}
