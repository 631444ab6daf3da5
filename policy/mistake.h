/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What is wrong in policy files, each with its place and with what would be
 * right. All text is clean UTF-8, whatever was in the file.
 */
#pragma once

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

/* Memory of all but the file's name is the list's. */
struct mistake {
	char *file;
	unsigned int line; /* 0: the file as a whole */
	char *field; /* like rules[0].limits.bytes; "": none */
	char *what;
	char *remedy; /* NULL: none */
	bool warning; /* the policy can be used */
};

struct mistakes {
	struct mistake *list;
	size_t n;
	size_t n_errors; /* of them, those that are no warnings */
	bool out_of_memory; /* some are missing */
};

void mistakes_done(struct mistakes *m);

struct place_in_file {
	const char *file;
	unsigned int line;
	const char *field;
};

/* What is no @warning keeps the policy from being used, also if memory is short for the words. */
__attribute__((format(printf, 5, 0))) void mistake_add(struct mistakes *m,
						       const struct place_in_file *at, bool warning,
						       const char *remedy, const char *format,
						       va_list ap);

/* "FILE:LINE: FIELD: WHAT", without what there is none of. NULL when memory is short. */
char *mistake_text(const struct mistake *m);
