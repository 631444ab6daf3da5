/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>

#include "common/cleanup.h"
#include "common/files.h"

/* More than any that is read; of the kernel's own files the size is 0. */
#define FILE_SIZE_MAX (64 << 20)

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

/*
 * Below the root of somebody else's machine anything may lie: opening a device
 * may do something, a FIFO keeps one waiting, and a file may be without an end.
 */
static int open_plain(const char *path)
{
	struct stat st;

	if (stat(path, &st) < 0)
		return -1;
	if (!S_ISREG(st.st_mode) || st.st_size > FILE_SIZE_MAX) {
		errno = S_ISREG(st.st_mode) ? EFBIG : EINVAL;
		return -1;
	}
	return open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
}

static FILE *open_path(const char *path)
{
	_cleanup_close_ int fd = path ? open_plain(path) : -1;
	FILE *f = fd < 0 ? NULL : fdopen(fd, "r");

	if (f)
		take_fd(&fd);
	return f;
}

FILE *file_open(const char *format, ...)
{
	_cleanup_free_ char *path = NULL;
	va_list ap;

	va_start(ap, format);
	path = format_path(format, ap);
	va_end(ap);
	return open_path(path);
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
	f = open_path(path);
	return file_find_line(f, is_any);
}
