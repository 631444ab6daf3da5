/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/json.h"
#include "common/varlink.h"

bool varlink_method_valid(const char *method)
{
	const char *dot = strrchr(method, '.');

	if (!dot || dot == method || !isupper((unsigned char)dot[1]))
		return false;
	for (const char *p = method; *p; p++)
		if (!isalnum((unsigned char)*p) && *p != '.' && *p != '-')
			return false;
	return true;
}

int varlink_call_parse(struct json_object *message, struct varlink_call *ret)
{
	struct varlink_call c = {};
	const struct json_field fields[] = {
		{ "method", JSON_STRING, true, &c.method },
		{ "parameters", JSON_OBJECT, false, &c.parameters },
		{ "oneway", JSON_BOOL, false, &c.oneway },
		{ "more", JSON_BOOL, false, &c.more },
		{ "upgrade", JSON_BOOL, false, &c.upgrade },
		{},
	};
	const char *bad;

	if (json_read(message, fields, true, &bad) < 0 || !varlink_method_valid(c.method) ||
	    c.oneway + c.more + c.upgrade > 1)
		return -EBADMSG;
	*ret = c;
	return 0;
}

int varlink_reply_parse(struct json_object *message, struct varlink_reply *ret)
{
	struct varlink_reply reply = {};
	const struct json_field fields[] = {
		{ "error", JSON_STRING, false, &reply.error },
		{ "parameters", JSON_OBJECT, false, &reply.parameters },
		{ "continues", JSON_BOOL, false, &reply.continues },
		{},
	};
	const char *bad;

	if (json_read(message, fields, true, &bad) < 0 || (reply.error && reply.continues) ||
	    (reply.error && !varlink_method_valid(reply.error)))
		return -EBADMSG;
	*ret = reply;
	return 0;
}

/* A message with a word (method or error), parameters and a flag, each of which may be missing. */
static struct json_object *message_new(const char *kind, const char *word,
				       struct json_object *parameters, const char *flag)
{
	_cleanup_json_ struct json_object *p = parameters, *m = json_object_new_object();

	if (!m || (kind && json_add_string(m, kind, word) < 0))
		return NULL;
	if (p && json_add(m, "parameters", take_ptr(p)) < 0)
		return NULL;
	if (flag && json_add_bool(m, flag, true) < 0)
		return NULL;
	return take_ptr(m);
}

struct json_object *varlink_call_new(const char *method, struct json_object *parameters, bool more)
{
	return message_new("method", method, parameters, more ? "more" : NULL);
}

struct json_object *varlink_reply_new(struct json_object *parameters, bool continues)
{
	return message_new(NULL, NULL, parameters, continues ? "continues" : NULL);
}

struct json_object *varlink_error_new(const char *error, struct json_object *parameters)
{
	return message_new("error", error, parameters, NULL);
}
