/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/utf8.h"
#include "client/table.h"

struct cell {
	char *text;
	enum colour colour;
};

struct table {
	size_t columns;
	bool *right;
	struct cell *cells;
	size_t n_cells;
	bool failed;
};

struct table *table_free(struct table *t)
{
	if (!t)
		return NULL;
	for (size_t i = 0; i < t->n_cells; i++)
		free(t->cells[i].text);
	free(t->cells);
	free(t->right);
	free(t);
	return NULL;
}

void table_freep(struct table **t)
{
	table_free(*t);
}

struct table *table_new(size_t columns)
{
	_cleanup_(table_freep) struct table *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	t->columns = columns;
	t->right = calloc(columns, sizeof(*t->right));
	return t->right ? take_ptr(t) : NULL;
}

void table_align_right(struct table *t, size_t column)
{
	t->right[column] = true;
}

/* Room for the next power of two. */
static int grow(struct table *t)
{
	struct cell *cells;

	if (t->n_cells & (t->n_cells - 1))
		return 0;
	cells = reallocarray(t->cells, t->n_cells ? 2 * t->n_cells : 1, sizeof(*cells));

	if (!cells)
		return -ENOMEM;
	t->cells = cells;
	return 0;
}

void table_add_coloured(struct table *t, enum colour colour, const char *text)
{
	char *clean = utf8_clean(text && *text ? text : "-");

	if (!clean || grow(t) < 0) {
		free(clean);
		t->failed = true;
		return;
	}
	t->cells[t->n_cells++] = (struct cell){ clean, colour };
}

void table_add(struct table *t, const char *text)
{
	table_add_coloured(t, COLOUR_NONE, text);
}

void table_add_indented(struct table *t, size_t indent, const char *text)
{
	_cleanup_free_ char *clean = utf8_clean(text);
	char *indented = NULL;

	if (!clean || asprintf(&indented, "%*s%s", (int)indent, "", clean) < 0 || grow(t) < 0) {
		free(indented);
		t->failed = true;
		return;
	}
	t->cells[t->n_cells++] = (struct cell){ indented, COLOUR_NONE };
}

void table_addf(struct table *t, const char *format, ...)
{
	_cleanup_free_ char *text = NULL;
	va_list ap;

	va_start(ap, format);
	if (vasprintf(&text, format, ap) < 0)
		text = NULL;
	va_end(ap);
	if (text)
		table_add(t, text);
	else
		t->failed = true;
}

/* Characters, not bytes; wide ones are rare in what devices call themselves. */
static size_t width_of(const char *s)
{
	size_t n = 0;

	for (; *s; s++)
		n += ((unsigned char)*s & 0xc0) != 0x80;
	return n;
}

static size_t column_width(const struct table *t, size_t column)
{
	size_t width = 0;

	for (size_t i = column; i < t->n_cells; i += t->columns) {
		size_t w = width_of(t->cells[i].text);

		if (w > width)
			width = w;
	}
	return width;
}

static void print_cell(const struct table *t, size_t i, size_t width, bool colours, FILE *f)
{
	const struct cell *c = &t->cells[i];
	enum colour colour = colours ? c->colour : COLOUR_NONE;
	int pad = (int)(width - width_of(c->text));
	size_t column = i % t->columns;
	bool last = column == t->columns - 1;

	fprintf(f, "%*s%s%s%s%*s%s", t->right[column] ? pad : 0, "", colour_begin(colour), c->text,
		colour_end(colour), t->right[column] || last ? 0 : pad, "", last ? "\n" : "  ");
}

int table_print(const struct table *t, FILE *f)
{
	_cleanup_free_ size_t *widths = calloc(t->columns, sizeof(*widths));
	bool colours = colour_wanted(f);

	if (t->failed || !widths)
		return -ENOMEM;
	for (size_t i = 0; i < t->columns; i++)
		widths[i] = column_width(t, i);
	for (size_t i = 0; i < t->n_cells; i++)
		print_cell(t, i, widths[i % t->columns], colours, f);
	return 0;
}
