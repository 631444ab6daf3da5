/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/json.h"
#include "daemon/drain_record.h"

#define VERSION 1
#define DEPTH_MAX 2

char *drain_record_format(uint64_t revoke_at)
{
	_cleanup_json_ struct json_object *o = json_object_new_object();
	const char *text;

	if (!o || json_add_int(o, "version", VERSION) < 0 ||
	    (revoke_at && json_add_int(o, "revokeAtUSec", (int64_t)revoke_at) < 0))
		return NULL;
	text = json_object_to_json_string_ext(o, JSON_C_TO_STRING_PLAIN);
	return text ? strdup(text) : NULL;
}

int drain_record_parse(const char *text, size_t n, uint64_t *ret_revoke_at)
{
	_cleanup_json_ struct json_object *o = NULL;
	int64_t version, at = 0;
	const struct json_field fields[] = {
		{ "version", JSON_INT, true, &version },
		{ "revokeAtUSec", JSON_INT, false, &at },
		{},
	};
	const char *bad;
	int r = json_parse(text, n, DEPTH_MAX, &o);

	if (r < 0)
		return r;
	if (json_read(o, fields, false, &bad) < 0 || version != VERSION || at < 0)
		return -EBADMSG;
	*ret_revoke_at = (uint64_t)at;
	return 0;
}
