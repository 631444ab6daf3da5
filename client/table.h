/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A table for people: cells are added row by row, left to right, and columns
 * are as wide as their widest cell. Text from outside is cleaned on its way in.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "client/say.h"

struct table;

/* NULL when memory is short. */
struct table *table_new(size_t columns);
struct table *table_free(struct table *t);
void table_freep(struct table **t);

/* Numbers stand at the right. */
void table_align_right(struct table *t, size_t column);

/* A failure is kept and comes out of table_print(). A NULL or empty @text shows as "-". */
void table_add(struct table *t, const char *text);
void table_add_coloured(struct table *t, enum colour colour, const char *text);
/* Behind @indent spaces. */
void table_add_indented(struct table *t, size_t indent, const char *text);
void table_addf(struct table *t, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* -ENOMEM: something is missing, so nothing is printed. */
int table_print(const struct table *t, FILE *f);
