/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdarg.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/files.h"

__attribute__((format(printf, 1, 0))) static char *format_path(const char *format, va_list ap)
{
	char *path;

	return vasprintf(&path, format, ap) < 0 ? NULL : path;
}

bool file_exists(const char *format, ...)
{
	_cleanup_free_ char *path = NULL;
	va_list ap;

	va_start(ap, format);
	path = format_path(format, ap);
	va_end(ap);
	return path && access(path, F_OK) == 0;
}

FILE *file_open(const char *format, ...)
{
	_cleanup_free_ char *path = NULL;
	va_list ap;

	va_start(ap, format);
	path = format_path(format, ap);
	va_end(ap);
	return path ? fopen(path, "re") : NULL;
}

char *file_find_line(FILE *f, bool (*match)(const char *line))
{
	_cleanup_free_ char *line = NULL;
	size_t size = 0;

	if (!f)
		return NULL;
	while (getline(&line, &size, f) >= 0) {
		line[strcspn(line, "\n")] = '\0';
		if (match(line))
			return take_ptr(line);
	}
	return NULL;
}

static bool is_any(const char *line)
{
	return true;
}

char *file_first_line(const char *format, ...)
{
	_cleanup_fclose_ FILE *f = NULL;
	_cleanup_free_ char *path = NULL;
	va_list ap;

	va_start(ap, format);
	path = format_path(format, ap);
	va_end(ap);
	f = path ? fopen(path, "re") : NULL;
	return file_find_line(f, is_any);
}
