/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/log.h"

static int max_priority = LOG_INFO;

void log_set_max(int max)
{
	max_priority = max;
}

int log_max(void)
{
	return max_priority;
}

/* The variable is handed down to programs whose standard error is something else. */
bool log_is_journal(void)
{
	const char *stream = getenv("JOURNAL_STREAM");
	unsigned long long device, inode;
	struct stat st;

	return stream && sscanf(stream, "%llu:%llu", &device, &inode) == 2 &&
	       fstat(STDERR_FILENO, &st) == 0 && st.st_dev == device && st.st_ino == inode;
}

void log_line(int priority, const char *format, ...)
{
	char line[1024];
	int saved = errno;
	va_list args;

	if (priority > max_priority)
		return;
	va_start(args, format);
	vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	if (log_is_journal())
		fprintf(stderr, "<%d>%s\n", priority, line);
	else
		fprintf(stderr, "%s: %s\n", program_invocation_short_name, line);
	errno = saved;
}
