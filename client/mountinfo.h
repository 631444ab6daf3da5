/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reads /proc/self/mountinfo. Belongs to the library; p2pmemctl uses it as well. */
#pragma once

#include <stdio.h>
#include <stdbool.h>
#include <sys/types.h>

/* One mount; the strings live until the next line is read. */
struct mount {
	unsigned long id;
	dev_t device; /* major 0: of no block device */
	char *target;
	char *type;
	char *source;
};

/*
 * Reads up to the next line that can be understood. 1 and a mount, 0 at the
 * end. *@line and *@size are getline()'s and keep what @ret points into.
 */
int mountinfo_next(FILE *f, char **line, size_t *size, struct mount *ret);

/* Parses one line in place, and undoes its octal escapes. */
bool mountinfo_parse(char *line, struct mount *ret);
