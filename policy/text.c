/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Structure, comments and lines are read here; strings and numbers are left to
 * json_parse(), so that what it refuses is refused in policy files as well.
 */
#include <ctype.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/json.h"
#include "common/utf8.h"
#include "policy/text.h"

struct text {
	const char *file;
	const char *at;
	const char *end;
	unsigned int line;
	int depth;
	struct mistakes *mistakes;
};

static int read_value(struct text *t, struct json_object **ret);

unsigned int text_line(struct json_object *o)
{
	return o ? (unsigned int)(uintptr_t)json_object_get_userdata(o) : 0;
}

/* Notes the line. An object that is NULL is left to the caller. */
static struct json_object *in_line(struct json_object *o, unsigned int line)
{
	if (o)
		json_object_set_userdata(o, (void *)(uintptr_t)line, NULL);
	return o;
}

__attribute__((format(printf, 4, 5))) static void note(struct mistakes *m,
						       const struct place_in_file *at,
						       const char *remedy, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	mistake_add(m, at, false, remedy, format, ap);
	va_end(ap);
}

static int refuse(struct text *t, const char *remedy, const char *what)
{
	const struct place_in_file at = { t->file, t->line, NULL };

	note(t->mistakes, &at, remedy, "%s", what);
	return -EBADMSG;
}

/* ---- between the words ----------------------------------------------- */

static bool at_text(const struct text *t, const char *word)
{
	size_t n = strlen(word);

	return (size_t)(t->end - t->at) >= n && memcmp(t->at, word, n) == 0;
}

static int skip_long_comment(struct text *t)
{
	struct text start = *t;

	for (t->at += 2; t->at < t->end; t->at++) {
		if (at_text(t, "*/")) {
			t->at += 2;
			return 0;
		}
		t->line += *t->at == '\n';
	}
	return refuse(&start, "End the comment with */.", "a comment begins here and has no end");
}

/* To the next word, or the end. */
static int skip(struct text *t)
{
	int r;

	while (t->at < t->end) {
		if (at_text(t, "//")) {
			while (t->at < t->end && *t->at != '\n')
				t->at++;
		} else if (at_text(t, "/*")) {
			r = skip_long_comment(t);
			if (r < 0)
				return r;
		} else if (memchr(" \t\r\n", *t->at, 4)) {
			t->line += *t->at++ == '\n';
		} else {
			break;
		}
	}
	return 0;
}

static int refuse_here(struct text *t, const char *expected)
{
	char what[96];

	if (t->at == t->end)
		snprintf(what, sizeof(what), "the text ends where %s is expected", expected);
	else if (isgraph((unsigned char)*t->at))
		snprintf(what, sizeof(what), "'%c' stands where %s is expected", *t->at, expected);
	else
		snprintf(what, sizeof(what), "the byte 0x%02x stands where %s is expected",
			 (unsigned char)*t->at, expected);
	return refuse(t, NULL, what);
}

/* ---- words ----------------------------------------------------------- */

/* Behind the string that begins here; NULL: the line ends first. */
static const char *string_end(const struct text *t)
{
	for (const char *p = t->at + 1; p < t->end && *p != '\n'; p++) {
		if (*p == '"')
			return p + 1;
		p += *p == '\\' && p + 1 < t->end && p[1] != '\n';
	}
	return NULL;
}

static const char *word_end(const struct text *t)
{
	const char *p = t->at;

	while (p < t->end && (isalnum((unsigned char)*p) || memchr("+-._", *p, 4)))
		p++;
	return p;
}

/* What json_parse() makes of the word up to @end. */
static int convert(struct text *t, const char *end, struct json_object **ret)
{
	_cleanup_json_ struct json_object *o = NULL;
	_cleanup_free_ char *copy = NULL;
	struct json_object *v;
	int r = asprintf(&copy, "{\"v\":%.*s}", (int)(end - t->at), t->at);

	if (r < 0) {
		copy = NULL;
		return -ENOMEM;
	}
	r = json_parse(copy, (size_t)r, 2, &o);
	if (r < 0)
		return r;
	v = json_object_object_get(o, "v");
	/* Numbers with a fraction carry their text where the line goes. */
	*ret = json_object_is_type(v, json_type_double) ?
		       json_object_new_double(json_object_get_double(v)) :
		       json_object_get(v);
	return 0;
}

static int read_string(struct text *t, struct json_object **ret)
{
	const char *end = string_end(t);
	int r;

	if (!end)
		return refuse(t, "End the string with \" in its line.",
			      "a string begins here and has no end");
	r = convert(t, end, ret);
	if (r == -EBADMSG)
		return refuse(t,
			      "Write it as JSON does: \\\" \\\\ \\/ \\b \\f \\n \\r \\t \\uXXXX.",
			      "the string has a control character or an unknown escape");
	if (r < 0)
		return r;
	in_line(*ret, t->line);
	t->at = end;
	return *ret ? 0 : -ENOMEM;
}

/* Numbers, true and false. */
static int read_word(struct text *t, struct json_object **ret)
{
	const char *end = word_end(t);
	int r;

	if (end == t->at)
		return refuse_here(t, "a value");
	r = convert(t, end, ret);
	if (r == -EBADMSG)
		return refuse(t, "Put strings in double quotes; numbers are like 4096.",
			      "this is no value");
	if (r < 0)
		return r;
	if (!*ret)
		return refuse(t, "Leave the member out.", "null says nothing");
	in_line(*ret, t->line);
	t->at = end;
	return 0;
}

/* ---- what holds others ----------------------------------------------- */

/* After an element: 1: another one follows, 0: @close was read. */
static int read_separator(struct text *t, char close)
{
	char expected[] = "',' or ' '";
	int r = skip(t);

	if (r < 0)
		return r;
	expected[8] = close;
	if (t->at == t->end || (*t->at != ',' && *t->at != close))
		return refuse_here(t, expected);
	if (*t->at++ == close)
		return 0;
	r = skip(t);
	if (r == 0 && t->at < t->end && *t->at == close)
		return refuse(t, "Take the comma away.", "a comma stands behind the last element");
	return r < 0 ? r : 1;
}

/* Takes @value over. Of two members of a name the first one stays. */
static int add_member(struct text *t, struct json_object *o, struct json_object *key,
		      struct json_object *value)
{
	const char *name = json_object_get_string(key);
	const struct place_in_file at = { t->file, text_line(key), name };
	struct json_object *first;

	if (!json_object_object_get_ex(o, name, &first))
		return json_add(o, name, value);
	note(t->mistakes, &at, "Keep one of the two.", "is there a second time; first in line %u",
	     text_line(first));
	json_object_put(value);
	return 0;
}

static int read_member(struct text *t, struct json_object *o)
{
	_cleanup_json_ struct json_object *key = NULL;
	struct json_object *value = NULL;
	int r;

	if (t->at == t->end || *t->at != '"')
		return refuse_here(t, "a name in double quotes");
	r = read_string(t, &key);
	if (r == 0)
		r = skip(t);
	if (r < 0)
		return r;
	if (t->at == t->end || *t->at != ':')
		return refuse_here(t, "':'");
	t->at++;
	r = read_value(t, &value);
	return r < 0 ? r : add_member(t, o, key, value);
}

static int read_element(struct text *t, struct json_object *array)
{
	struct json_object *value = NULL;
	int r = read_value(t, &value);

	return r < 0 ? r : json_append(array, value);
}

static int read_elements(struct text *t, struct json_object *into, char close,
			 int (*read)(struct text *t, struct json_object *into))
{
	int r;

	t->at++;
	r = skip(t);
	if (r < 0)
		return r;
	if (t->at < t->end && *t->at == close) {
		t->at++;
		return 0;
	}
	do {
		r = read(t, into);
		if (r == 0)
			r = read_separator(t, close);
	} while (r > 0);
	return r;
}

static int read_container(struct text *t, struct json_object **ret)
{
	bool object = *t->at == '{';
	_cleanup_json_ struct json_object *o = object ? json_object_new_object() :
							json_object_new_array();
	int r;

	if (!in_line(o, t->line))
		return -ENOMEM;
	if (++t->depth > TEXT_DEPTH_MAX)
		return refuse(t, NULL, "objects and lists are nested too deep");
	r = read_elements(t, o, object ? '}' : ']', object ? read_member : read_element);
	if (r < 0)
		return r;
	t->depth--;
	*ret = take_ptr(o);
	return 0;
}

static int read_value(struct text *t, struct json_object **ret)
{
	int r = skip(t);

	if (r < 0)
		return r;
	if (t->at == t->end)
		return refuse_here(t, "a value");
	if (*t->at == '{' || *t->at == '[')
		return read_container(t, ret);
	return *t->at == '"' ? read_string(t, ret) : read_word(t, ret);
}

/* ---- the whole ------------------------------------------------------- */

static int check_utf8(const struct text *whole)
{
	struct text t = *whole;
	uint32_t c;

	for (size_t n; t.at < t.end; t.at += n) {
		n = utf8_decode(t.at, (size_t)(t.end - t.at), &c);
		if (n == 0)
			return refuse(&t, "Save the file as UTF-8.", "the line is not UTF-8");
		if (c == 0)
			return refuse(&t, "Take it away.", "the line has a NUL");
		t.line += c == '\n';
	}
	return 0;
}

int text_parse(const char *file, const char *text, size_t n, struct mistakes *m,
	       struct json_object **ret)
{
	_cleanup_json_ struct json_object *o = NULL;
	struct text t = {
		.file = file,
		.at = text,
		.end = text + n,
		.line = 1,
		.mistakes = m,
	};
	int r;

	if (n > TEXT_SIZE_MAX) {
		t.line = 0;
		return refuse(&t, "Divide it into files in policy.d.",
			      "the file is longer than 256 KiB");
	}
	r = check_utf8(&t);
	if (r == 0)
		r = skip(&t);
	if (r < 0)
		return r;
	if (t.at == t.end || *t.at != '{')
		return refuse_here(&t, "'{'");
	r = read_value(&t, &o);
	if (r == 0)
		r = skip(&t);
	if (r < 0)
		return r;
	if (t.at < t.end)
		return refuse_here(&t, "the end");
	*ret = take_ptr(o);
	return 0;
}
