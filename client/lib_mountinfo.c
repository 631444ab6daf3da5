/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>

#include "client/mountinfo.h"

static bool is_octal(char c)
{
	return c >= '0' && c <= '7';
}

/* The kernel writes blanks and backslashes as \ooo. */
static char *unescape(char *s)
{
	char *to = s;

	for (const char *from = s; *from; to++) {
		if (from[0] == '\\' && is_octal(from[1]) && is_octal(from[2]) &&
		    is_octal(from[3])) {
			*to = (from[1] - '0') << 6 | (from[2] - '0') << 3 | (from[3] - '0');
			from += 4;
		} else {
			*to = *from++;
		}
	}
	*to = '\0';
	return s;
}

/* 36 35 98:0 /root /target options optional... - type source options */
bool mountinfo_parse(char *line, struct mount *ret)
{
	unsigned int major, minor;
	char *save, *field, *rest = strstr(line, " - ");
	struct mount m = {};

	if (!rest)
		return false;
	*rest = '\0';
	if (sscanf(line, "%lu %*u %u:%u", &m.id, &major, &minor) != 3)
		return false;
	m.device = makedev(major, minor);
	field = strtok_r(line, " ", &save);
	for (int i = 0; field && i < 4; i++)
		field = strtok_r(NULL, " ", &save);
	m.target = field;
	m.type = strtok_r(rest + 3, " \n", &save);
	m.source = strtok_r(NULL, " \n", &save);
	if (!m.target || !m.type || !m.source)
		return false;
	unescape(m.target);
	unescape(m.type);
	unescape(m.source);
	*ret = m;
	return true;
}

int mountinfo_next(FILE *f, char **line, size_t *size, struct mount *ret)
{
	while (getline(line, size, f) >= 0)
		if (mountinfo_parse(*line, ret))
			return 1;
	return 0;
}
