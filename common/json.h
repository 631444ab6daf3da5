/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What json-c leaves open: parsing without leniency, and taking objects apart
 * with checked types. No I/O.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <json-c/json.h>

/*
 * Parses one object that fills @text. -EBADMSG: not JSON to the letter, not
 * UTF-8, deeper than @depth, no object, a NUL or a raw control character in a
 * string, a member twice, a number beyond what a double or an int64 holds.
 */
int json_parse(const char *text, size_t n, int depth, struct json_object **ret);

enum json_kind {
	JSON_INT, /* int64_t */
	JSON_BOOL, /* bool */
	JSON_STRING, /* const char *, as long as the object lives */
	JSON_ARRAY, /* struct json_object *, as long as the object lives */
	JSON_OBJECT, /* likewise */
};

/* One member of an object: a missing or null one leaves @value alone. */
struct json_field {
	const char *name;
	enum json_kind kind;
	bool required;
	void *value;
};

/*
 * Reads the members that @fields (ended by a NULL name) lists. @strict refuses
 * others. -EINVAL, with the offending member's name in @ret_bad, which points
 * into @fields or @o.
 */
int json_read(struct json_object *o, const struct json_field *fields, bool strict,
	      const char **ret_bad);

/*
 * Adds a member and takes @value over, also on failure; a NULL @value, which
 * is what json-c's constructors return without memory, fails with -ENOMEM.
 */
int json_add(struct json_object *o, const char *name, struct json_object *value);
int json_add_int(struct json_object *o, const char *name, int64_t value);
int json_add_bool(struct json_object *o, const char *name, bool value);
/* A NULL @value leaves the member out. */
int json_add_string(struct json_object *o, const char *name, const char *value);
/* Lets go of it, and is NULL: for what could not be completed. */
struct json_object *json_drop(struct json_object *o);
int json_append(struct json_object *array, struct json_object *value);
