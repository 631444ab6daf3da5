/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdarg.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/utf8.h"
#include "client/say.h"
#include "client/status.h"

static void line(FILE *f, const char *before, const char *format, va_list ap)
{
	_cleanup_free_ char *raw = NULL, *clean = NULL;

	if (vasprintf(&raw, format, ap) < 0)
		raw = NULL;
	clean = raw ? utf8_clean(raw) : NULL;
	fprintf(f, "%s%s\n", before, clean ? clean : "out of memory");
}

void say(FILE *f, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	line(f, "", format, ap);
	va_end(ap);
}

void problem(const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	line(stderr, "p2pmemctl: ", format, ap);
	va_end(ap);
}

void detail(const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	line(stderr, "  ", format, ap);
	va_end(ap);
}

void remedy(const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	line(stderr, "  remedy: ", format, ap);
	va_end(ap);
}

void note(const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	line(stderr, "p2pmemctl: note: ", format, ap);
	va_end(ap);
}

int no_memory(void)
{
	problem("out of memory");
	return STATUS_FAILURE;
}

bool colour_wanted(FILE *f)
{
	const char *term = getenv("TERM"), *no = getenv("NO_COLOR");

	return isatty(fileno(f)) && !(no && *no) && term && strcmp(term, "dumb") != 0;
}

const char *colour_begin(enum colour c)
{
	static const char *const codes[] = { "", "\x1b[32m", "\x1b[33m", "\x1b[31m", "\x1b[1m" };

	return codes[c];
}

const char *colour_end(enum colour c)
{
	return c == COLOUR_NONE ? "" : "\x1b[0m";
}
