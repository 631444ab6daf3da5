/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdio.h>
#include <string.h>

#include "policy/reader.h"
#include "policy/text.h"

static struct place_in_file here(const struct reader *r, struct json_object *v)
{
	return (struct place_in_file){ r->file, text_line(v), r->path };
}

void read_mistake(struct reader *r, struct json_object *v, const char *remedy, const char *format,
		  ...)
{
	const struct place_in_file at = here(r, v);
	va_list ap;

	va_start(ap, format);
	mistake_add(r->mistakes, &at, false, remedy, format, ap);
	va_end(ap);
}

void read_warning(struct reader *r, struct json_object *v, const char *remedy, const char *format,
		  ...)
{
	const struct place_in_file at = here(r, v);
	va_list ap;

	va_start(ap, format);
	mistake_add(r->mistakes, &at, true, remedy, format, ap);
	va_end(ap);
}

static int type_of(struct json_object *v)
{
	switch (json_object_get_type(v)) {
	case json_type_string:
		return IS_STRING;
	case json_type_int:
		return IS_INT;
	case json_type_boolean:
		return IS_BOOL;
	case json_type_array:
		return IS_ARRAY;
	case json_type_object:
		return IS_OBJECT;
	default:
		return 0;
	}
}

static const char *const type_names[] = { "a string", "a whole number", "true or false", "a list",
					  "an object" };

/* "a string or a whole number" */
static const char *types_text(int types, char buf[static 96])
{
	size_t n = 0;

	buf[0] = '\0';
	for (size_t i = 0; i < sizeof(type_names) / sizeof(type_names[0]); i++)
		if (types & (1 << i))
			n += (size_t)snprintf(buf + n, 96 - n, "%s%s", n ? " or " : "",
					      type_names[i]);
	return buf;
}

static bool check_type(struct reader *r, struct json_object *v, int types)
{
	char right[96];

	if (type_of(v) & types)
		return true;
	read_mistake(r, v, NULL, "has to be %s", types_text(types, right));
	return false;
}

/* ---- objects --------------------------------------------------------- */

/* "a, b, c" */
static void list_members(const struct member *members, char *buf, size_t size)
{
	size_t n = (size_t)snprintf(buf, size, "The members here are ");

	for (const struct member *m = members; m->name && n < size; m++)
		n += (size_t)snprintf(buf + n, size - n, "%s%s", m->name, m[1].name ? ", " : ".");
}

static int read_member(struct reader *r, const char *key, struct json_object *v,
		       const struct member *members, void *into)
{
	char right[256];

	for (const struct member *m = members; m->name; m++)
		if (strcmp(m->name, key) == 0)
			return check_type(r, v, m->types) ?
				       m->read(r, v, (char *)into + m->offset) :
				       0;
	list_members(members, right, sizeof(right));
	read_mistake(r, v, right, "is not known");
	return 0;
}

int read_object(struct reader *r, struct json_object *o, const struct member *members, void *into)
{
	size_t above = strlen(r->path);
	int error = 0;

	json_object_object_foreach(o, key, v) {
		snprintf(r->path + above, sizeof(r->path) - above, "%s%s", above ? "." : "", key);
		if (error == 0)
			error = read_member(r, key, v, members, into);
		r->path[above] = '\0';
	}
	return error;
}

/* ---- arrays ---------------------------------------------------------- */

int read_array(struct reader *r, struct json_object *array, int types,
	       int (*read)(struct reader *r, struct json_object *v, void *into), void *into)
{
	size_t above = strlen(r->path), n = json_object_array_length(array);
	int error = 0;

	if (n == 0)
		read_mistake(r, array, NULL, "is an empty list");
	for (size_t i = 0; error == 0 && i < n; i++) {
		struct json_object *v = json_object_array_get_idx(array, i);

		snprintf(r->path + above, sizeof(r->path) - above, "[%zu]", i);
		if (check_type(r, v, types))
			error = read(r, v, into);
		r->path[above] = '\0';
	}
	return error;
}
