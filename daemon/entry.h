/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One entry of the journal: a line for people, and fields for programs. Where
 * it is not the journal that listens, the line alone goes to standard error.
 * Whatever goes in comes out as one line of clean UTF-8. A field for which
 * there is no memory is left out; the line is not.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

#define ENTRY_FIELDS_MAX 20

struct entry {
	int priority; /* as in common/log.h */
	struct iovec fields[ENTRY_FIELDS_MAX]; /* "NAME=value" */
	size_t n;
};

/* @id is one of messages.h. Every entry begins so, and ends with entry_send(). */
void entry_begin(struct entry *e, int priority, const char *id);

/* A NULL @value is left out. Longer ones than ENTRY_VALUE_MAX are cut. */
#define ENTRY_VALUE_MAX 1024
void entry_text(struct entry *e, const char *name, const char *value);
void entry_number(struct entry *e, const char *name, uint64_t value);

void entry_send(struct entry *e, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* For tests: where entries go instead. NULL: where they should. */
typedef void (*entry_sink)(const struct iovec *fields, size_t n);
void entry_set_sink(entry_sink sink);
