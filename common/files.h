/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Looking at small text files whose paths are put together on the way. */
#pragma once

#include <stdbool.h>
#include <stdio.h>

bool file_exists(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* For reading. NULL and errno. */
FILE *file_open(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The first line that @match accepts, without its newline. NULL: none, or @f is NULL. */
char *file_find_line(FILE *f, bool (*match)(const char *line));

/* The first line of a file. NULL: there is none. */
char *file_first_line(const char *format, ...) __attribute__((format(printf, 1, 2)));
