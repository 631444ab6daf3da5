/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/json.h"
#include "common/utf8.h"

static void tokener_freep(struct json_tokener **t)
{
	if (*t)
		json_tokener_free(*t);
}

/*
 * json-c accepts quotes of both kinds and comments in places, ends member
 * names at a NUL, and keeps the last of two members of one name. So the text
 * is looked through first, and the number of its colons is returned, which
 * is that of the members.
 */
static int scan(const char *text, size_t n, size_t *ret_members)
{
	bool in_string = false;
	size_t members = 0;

	for (size_t i = 0; i < n; i++) {
		unsigned char c = (unsigned char)text[i];

		if (c == '"') {
			in_string = !in_string;
		} else if (in_string) {
			if (c < 0x20)
				return -EBADMSG;
			if (c != '\\')
				continue;
			if (n - i >= 6 && memcmp(text + i, "\\u0000", 6) == 0)
				return -EBADMSG;
			i++;
		} else if (c == '\'' || c == '/' || (c < 0x20 && !memchr("\t\n\r", c, 3))) {
			return -EBADMSG;
		} else if (c == ':') {
			members++;
		}
	}
	*ret_members = members;
	return 0;
}

static bool number_fits(struct json_object *o)
{
	if (json_object_is_type(o, json_type_double))
		return isfinite(json_object_get_double(o));
	if (json_object_is_type(o, json_type_int))
		return json_object_get_int64(o) != INT64_MAX ||
		       json_object_get_uint64(o) == INT64_MAX;
	return true;
}

/* Counts members and checks numbers. Its depth is bounded by the tokener's. */
static int inspect(struct json_object *o, size_t *members)
{
	int r = number_fits(o) ? 0 : -EBADMSG;

	if (json_object_is_type(o, json_type_object)) {
		json_object_object_foreach(o, key, value) {
			(void)key;
			(*members)++;
			if (r == 0)
				r = inspect(value, members);
		}
	} else if (json_object_is_type(o, json_type_array)) {
		for (size_t i = 0; r == 0 && i < json_object_array_length(o); i++)
			r = inspect(json_object_array_get_idx(o, i), members);
	}
	return r;
}

/* Writes the UTF-16 of @c as escapes. Returns behind them. */
static char *write_escapes(char *p, uint32_t c)
{
	if (c > 0xffff) {
		c -= 0x10000;
		p += sprintf(p, "\\u%04x", 0xd800 + (unsigned int)(c >> 10));
		c = 0xdc00 + (c & 0x3ff);
	}
	return p + sprintf(p, "\\u%04x", (unsigned int)c);
}

/*
 * The strict mode of json-c 0.18 takes every byte above 0x7f for a control
 * character, where char is signed. So it is given ASCII.
 */
static int to_ascii(const char *text, size_t n, char **ret, size_t *ret_n)
{
	/* Two bytes become six, and four become twelve. */
	char *out = malloc(3 * n + 1), *p = out;
	uint32_t c;

	if (!out)
		return -ENOMEM;
	for (size_t length; n > 0; text += length, n -= length) {
		length = utf8_decode(text, n, &c);
		if (!length) {
			free(out);
			return -EBADMSG;
		}
		if (length == 1)
			*p++ = *text;
		else
			p = write_escapes(p, c);
	}
	*ret = out;
	*ret_n = (size_t)(p - out);
	return 0;
}

static int tokenize(const char *text, size_t n, int depth, struct json_object **ret)
{
	_cleanup_(tokener_freep) struct json_tokener *t = json_tokener_new_ex(depth);
	_cleanup_json_ struct json_object *o = NULL;

	if (!t)
		return -ENOMEM;
	json_tokener_set_flags(t, JSON_TOKENER_STRICT);
	o = json_tokener_parse_ex(t, text, (int)n);
	if (json_tokener_get_error(t) == json_tokener_error_memory)
		return -ENOMEM;
	if (json_tokener_get_error(t) != json_tokener_success ||
	    json_tokener_get_parse_end(t) != n || !json_object_is_type(o, json_type_object))
		return -EBADMSG;
	*ret = take_ptr(o);
	return 0;
}

int json_parse(const char *text, size_t n, int depth, struct json_object **ret)
{
	_cleanup_json_ struct json_object *o = NULL;
	_cleanup_free_ char *ascii = NULL;
	size_t written = 0, kept = 0, n_ascii;
	int r;

	if (n > INT_MAX / 3)
		return -EBADMSG;
	r = scan(text, n, &written);
	if (r < 0)
		return r;
	r = to_ascii(text, n, &ascii, &n_ascii);
	if (r < 0)
		return r;
	r = tokenize(ascii, n_ascii, depth, &o);
	if (r < 0)
		return r;
	r = inspect(o, &kept);
	if (r < 0)
		return r;
	if (written != kept)
		return -EBADMSG;
	*ret = take_ptr(o);
	return 0;
}

static bool assign(const struct json_field *f, struct json_object *v)
{
	static const enum json_type types[] = {
		[JSON_INT] = json_type_int,	  [JSON_BOOL] = json_type_boolean,
		[JSON_STRING] = json_type_string, [JSON_ARRAY] = json_type_array,
		[JSON_OBJECT] = json_type_object,
	};

	if (!json_object_is_type(v, types[f->kind]))
		return false;
	if (f->kind == JSON_INT)
		*(int64_t *)f->value = json_object_get_int64(v);
	else if (f->kind == JSON_BOOL)
		*(bool *)f->value = json_object_get_boolean(v);
	else if (f->kind == JSON_STRING)
		*(const char **)f->value = json_object_get_string(v);
	else
		*(struct json_object **)f->value = v;
	return true;
}

static bool is_listed(const struct json_field *f, const char *name)
{
	for (; f->name; f++)
		if (strcmp(f->name, name) == 0)
			return true;
	return false;
}

int json_read(struct json_object *o, const struct json_field *fields, bool strict,
	      const char **ret_bad)
{
	for (const struct json_field *f = fields; f->name; f++) {
		struct json_object *v = NULL;

		json_object_object_get_ex(o, f->name, &v);
		if (v ? !assign(f, v) : f->required) {
			*ret_bad = f->name;
			return -EINVAL;
		}
	}
	if (!strict || !o)
		return 0;
	json_object_object_foreach(o, key, value) {
		(void)value;
		if (is_listed(fields, key))
			continue;
		*ret_bad = key;
		return -EINVAL;
	}
	return 0;
}

int json_add(struct json_object *o, const char *name, struct json_object *value)
{
	if (!value)
		return -ENOMEM;
	if (json_object_object_add(o, name, value) == 0)
		return 0;
	json_object_put(value);
	return -ENOMEM;
}

int json_add_int(struct json_object *o, const char *name, int64_t value)
{
	return json_add(o, name, json_object_new_int64(value));
}

int json_add_bool(struct json_object *o, const char *name, bool value)
{
	return json_add(o, name, json_object_new_boolean(value));
}

int json_add_string(struct json_object *o, const char *name, const char *value)
{
	return value ? json_add(o, name, json_object_new_string(value)) : 0;
}

struct json_object *json_drop(struct json_object *o)
{
	json_object_put(o);
	return NULL;
}

int json_append(struct json_object *array, struct json_object *value)
{
	if (!value)
		return -ENOMEM;
	if (json_object_array_add(array, value) == 0)
		return 0;
	json_object_put(value);
	return -ENOMEM;
}
