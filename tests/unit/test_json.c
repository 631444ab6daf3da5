/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>

#include "common/cleanup.h"
#include "common/json.h"
#include "tests/unit/unit.h"

#define DEPTH 4

static int parse(const char *text)
{
	_cleanup_json_ struct json_object *o = NULL;

	return json_parse(text, strlen(text), DEPTH, &o);
}

static void accepts(void **state)
{
	static const char *const good[] = {
		"{}",
		" { } \n",
		"{\"a\":1,\"b\":{\"a\":1},\"c\":[{\"a\":1},{\"a\":1}]}",
		"{\"a\":\"\\u0001 \\\"quoted\\\": \\\\ 'x' // no comment\"}",
		"{\"a\":9223372036854775807,\"b\":-9223372036854775808}",
		"{\"a\":1.5e3,\"b\":null,\"c\":true}",
		"{\"a\":\"\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80\"}",
		"{\"a:b\":1,\"c\":\":\"}",
		"{\"a\":[[1]]}",
		"{\"a\":\"\\\\u0000\"}",
	};

	for (size_t i = 0; i < ARRAY_SIZE(good); i++)
		if (parse(good[i]) != 0)
			fail_msg("refused: %s", good[i]);
}

static void refuses(void **state)
{
	static const char *const bad[] = {
		"",
		" ",
		"[]",
		"1",
		"null",
		"\"a\"",
		"{",
		"{}{}",
		"{} x",
		"{\"a\":1,}",
		"{\"a\" 1}",
		"{a:1}",
		"{'a':1}",
		"{\"a\":'b'}",
		"{\"a\":1}/* comment */",
		"{\"a\":1 // comment\n}",
		"{\"a\":NaN}",
		"{\"a\":Infinity}",
		"{\"a\":-Infinity}",
		"{\"a\":1e999}",
		"{\"a\":9223372036854775808}",
		"{\"a\":-9223372036854775809}",
		"{\"a\":18446744073709551616}",
		"{\"a\":99999999999999999999999999}",
		"{\"a\":01}",
		"{\"a\":+1}",
		"{\"a\":0x10}",
		"{\"a\":TRUE}",
		"{\"a\":1,\"a\":2}",
		"{\"a\":1,\"\\u0061\":2}",
		"{\"b\":[{\"x\":{\"a\":1,\"a\":2}}]}",
		"{\"a\\u0000\":1}",
		"{\"a\":\"x\\u0000y\"}",
		"{\"a\":\"\n\"}",
		"{\"a\":\"\x01\"}",
		"{\"a\":\"\x80\"}",
		"{\"a\":\"\xc0\x80\"}",
		"{\"a\":\"\xed\xa0\x80\"}",
		"{\"a\":\"\xf4\x90\x80\x80\"}",
		"{\"a\":\"\xe2\x82\"}",
		"{\"\xff\":1}",
		"{\"a\":[[[[1]]]]}",
		"\v{}",
	};

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		if (parse(bad[i]) != -EBADMSG)
			fail_msg("accepted: %s", bad[i]);
}

static void refuses_raw_nul(void **state)
{
	static const char inside[] = "{\"a\":\"x\0y\"}", behind[] = "{}\0";
	_cleanup_json_ struct json_object *o = NULL;

	assert_int_equal(json_parse(inside, sizeof(inside) - 1, DEPTH, &o), -EBADMSG);
	assert_int_equal(json_parse(behind, sizeof(behind) - 1, DEPTH, &o), -EBADMSG);
}

static void keeps_characters(void **state)
{
	static const char text[] = "{\"\xc3\xa4\":\"\xe2\x82\xac\xf0\x9f\x98\x80\\u20ac\"}";
	_cleanup_json_ struct json_object *o = NULL;
	struct json_object *v;

	assert_int_equal(json_parse(text, strlen(text), DEPTH, &o), 0);
	assert_true(json_object_object_get_ex(o, "\xc3\xa4", &v));
	assert_string_equal(json_object_get_string(v), "\xe2\x82\xac\xf0\x9f\x98\x80\xe2\x82\xac");
}

/* Every prefix of a message is no message, and no prefix is read beyond its end. */
static void refuses_prefixes(void **state)
{
	static const char whole[] = "{\"a\":[1,2.5,\"\\u00e4\xc3\xa4\"],\"b\":{\"c\":null}}";

	for (size_t n = 0; n + 1 < sizeof(whole); n++) {
		_cleanup_json_ struct json_object *o = NULL;
		_cleanup_free_ char *part = malloc(n ?: 1);

		memcpy(part, whole, n);
		assert_int_equal(json_parse(part, n, DEPTH, &o), -EBADMSG);
	}
	assert_int_equal(parse(whole), 0);
}

static void reads_fields(void **state)
{
	static const char text[] = "{\"i\":-5,\"b\":true,\"s\":\"x\",\"a\":[],\"o\":{},\"n\":null}";
	_cleanup_json_ struct json_object *o = NULL;
	struct json_object *array = NULL, *object = NULL;
	const char *s = NULL, *missing = "kept", *bad;
	int64_t i = 0, null = 7;
	bool b = false;
	const struct json_field fields[] = {
		{ "i", JSON_INT, true, &i },
		{ "b", JSON_BOOL, true, &b },
		{ "s", JSON_STRING, true, &s },
		{ "a", JSON_ARRAY, true, &array },
		{ "o", JSON_OBJECT, true, &object },
		{ "n", JSON_INT, false, &null },
		{ "missing", JSON_STRING, false, &missing },
		{},
	};

	assert_int_equal(json_parse(text, strlen(text), DEPTH, &o), 0);
	assert_int_equal(json_read(o, fields, true, &bad), 0);
	assert_int_equal(i, -5);
	assert_true(b);
	assert_string_equal(s, "x");
	assert_non_null(array);
	assert_non_null(object);
	assert_int_equal(null, 7);
	assert_string_equal(missing, "kept");
}

static void expect_bad(const char *text, const struct json_field *fields, const char *name)
{
	_cleanup_json_ struct json_object *o = NULL;
	const char *bad = NULL;

	assert_int_equal(json_parse(text, strlen(text), DEPTH, &o), 0);
	assert_int_equal(json_read(o, fields, true, &bad), -EINVAL);
	assert_string_equal(bad, name);
}

static void names_bad_field(void **state)
{
	int64_t i;
	const char *s, *bad;
	const struct json_field fields[] = {
		{ "i", JSON_INT, true, &i },
		{ "s", JSON_STRING, false, &s },
		{},
	};

	expect_bad("{}", fields, "i");
	expect_bad("{\"i\":null}", fields, "i");
	expect_bad("{\"i\":1.0}", fields, "i");
	expect_bad("{\"i\":\"1\"}", fields, "i");
	expect_bad("{\"i\":true}", fields, "i");
	expect_bad("{\"i\":1,\"s\":1}", fields, "s");
	expect_bad("{\"i\":1,\"extra\":1}", fields, "extra");
	assert_int_equal(json_read(NULL, fields, true, &bad), -EINVAL);
	assert_int_equal(json_read(NULL, fields + 1, true, &bad), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(accepts),	    cmocka_unit_test(refuses),
		cmocka_unit_test(refuses_raw_nul),  cmocka_unit_test(refuses_prefixes),
		cmocka_unit_test(keeps_characters), cmocka_unit_test(reads_fields),
		cmocka_unit_test(names_bad_field),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
