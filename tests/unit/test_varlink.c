/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>

#include "common/cleanup.h"
#include "common/json.h"
#include "common/varlink.h"
#include "tests/unit/unit.h"

static struct json_object *object(const char *text)
{
	struct json_object *o = NULL;

	assert_int_equal(json_parse(text, strlen(text), 8, &o), 0);
	return o;
}

static int parse_call(const char *text)
{
	_cleanup_json_ struct json_object *o = object(text);
	struct varlink_call c;

	return varlink_call_parse(o, &c);
}

static int parse_reply(const char *text)
{
	_cleanup_json_ struct json_object *o = object(text);
	struct varlink_reply r;

	return varlink_reply_parse(o, &r);
}

static void parses_calls(void **state)
{
	_cleanup_json_ struct json_object *o =
		object("{\"method\":\"a.b.C\",\"parameters\":{\"x\":1},\"more\":true}");
	struct varlink_call c;

	assert_int_equal(varlink_call_parse(o, &c), 0);
	assert_string_equal(c.method, "a.b.C");
	assert_int_equal(json_object_object_length(c.parameters), 1);
	assert_true(c.more);
	assert_false(c.oneway);
	assert_int_equal(parse_call("{\"method\":\"a.B\",\"parameters\":null}"), 0);
}

static void refuses_calls(void **state)
{
	static const char *const bad[] = {
		"{}",
		"{\"method\":1}",
		"{\"method\":\"\"}",
		"{\"method\":\".\"}",
		"{\"method\":\"NoInterface\"}",
		"{\"method\":\"a.\"}",
		"{\"method\":\".B\"}",
		"{\"method\":\"a.b\"}",
		"{\"method\":\"a.B c\"}",
		"{\"method\":\"a.B\\n\"}",
		"{\"method\":\"a.B\",\"parameters\":[]}",
		"{\"method\":\"a.B\",\"more\":1}",
		"{\"method\":\"a.B\",\"more\":true,\"oneway\":true}",
		"{\"method\":\"a.B\",\"sudo\":true}",
	};

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		if (parse_call(bad[i]) != -EBADMSG)
			fail_msg("accepted: %s", bad[i]);
}

static void parses_replies(void **state)
{
	_cleanup_json_ struct json_object *o =
		object("{\"error\":\"a.B\",\"parameters\":{\"x\":1}}");
	struct varlink_reply r;

	assert_int_equal(varlink_reply_parse(o, &r), 0);
	assert_string_equal(r.error, "a.B");
	assert_non_null(r.parameters);
	assert_int_equal(parse_reply("{}"), 0);
	assert_int_equal(parse_reply("{\"continues\":true}"), 0);
	assert_int_equal(parse_reply("{\"continues\":true,\"error\":\"a.B\"}"), -EBADMSG);
	assert_int_equal(parse_reply("{\"error\":\"\"}"), -EBADMSG);
	assert_int_equal(parse_reply("{\"parameters\":1}"), -EBADMSG);
}

static void builds(void **state)
{
	_cleanup_json_ struct json_object *call =
		varlink_call_new("a.B", json_object_new_object(), true);
	_cleanup_json_ struct json_object *reply = varlink_reply_new(NULL, true);
	_cleanup_json_ struct json_object *error = varlink_error_new("a.B", NULL);

	assert_string_equal(json_object_to_json_string_ext(call, JSON_C_TO_STRING_PLAIN),
			    "{\"method\":\"a.B\",\"parameters\":{},\"more\":true}");
	assert_string_equal(json_object_to_json_string_ext(reply, JSON_C_TO_STRING_PLAIN),
			    "{\"continues\":true}");
	assert_string_equal(json_object_to_json_string_ext(error, JSON_C_TO_STRING_PLAIN),
			    "{\"error\":\"a.B\"}");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parses_calls),
		cmocka_unit_test(refuses_calls),
		cmocka_unit_test(parses_replies),
		cmocka_unit_test(builds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
