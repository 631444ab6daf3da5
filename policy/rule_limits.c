/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>

#include "policy/rule.h"
#include "policy/text.h"

static int read_amount(struct reader *r, struct json_object *v, void *into)
{
	static const char right[] = "Write bytes (1048576), a size (\"64M\"), or a part of the "
				    "region (\"50%\", at most 100%).";
	struct amount *a = into;
	int error = 0;

	if (json_object_is_type(v, json_type_string)) {
		error = amount_parse(json_object_get_string(v), a);
	} else if (json_object_get_int64(v) < 0) {
		error = -ERANGE;
	} else {
		*a = (struct amount){ AMOUNT_BYTES, (uint64_t)json_object_get_int64(v) };
	}
	if (error < 0)
		read_mistake(r, v, right, "'%.64s' is %s", json_object_get_string(v),
			     error == -ERANGE ? "out of range" : "no amount of memory");
	return 0;
}

static int read_count(struct reader *r, struct json_object *v, void *into)
{
	int64_t n = json_object_get_int64(v);

	if (n < 0)
		read_mistake(r, v, "Write how many buffers, or leave the member out.",
			     "is negative");
	else
		*(uint64_t *)into = (uint64_t)n;
	return 0;
}

#define AT(member) offsetof(struct policy_limits, member)

static int read_per_uid(struct reader *r, struct json_object *v, void *into)
{
	static const struct member members[] = {
		{ "bytes", IS_STRING | IS_INT, read_amount, AT(uid_bytes) },
		{ "buffers", IS_INT, read_count, AT(uid_buffers) },
		{},
	};

	return read_object(r, v, members, into);
}

/* What can be told without knowing the region. */
static bool is_above(const struct amount *a, const struct amount *limit)
{
	return a->kind == limit->kind && a->kind != AMOUNT_NONE && a->value > limit->value;
}

static void check_order(struct reader *r, struct json_object *v, const struct policy_limits *l)
{
	static const char right[] = "Raise \"bytes\", or lower the other.";

	if (is_above(&l->largest, &l->bytes))
		read_mistake(r, v, right, "the largest lease is above the bytes in all");
	if (is_above(&l->reserved, &l->bytes))
		read_mistake(r, v, right, "more is reserved than may be held");
	if (is_above(&l->uid_bytes, &l->bytes))
		read_mistake(r, v, right, "the bytes of one uid are above the bytes in all");
	if (l->uid_buffers != LIMIT_NONE && l->uid_buffers > l->buffers)
		read_mistake(r, v, "Raise \"buffers\", or lower the other.",
			     "the buffers of one uid are above the buffers in all");
}

int read_limits(struct reader *r, struct json_object *v, void *into)
{
	static const struct member members[] = {
		{ "bytes", IS_STRING | IS_INT, read_amount, AT(bytes) },
		{ "buffers", IS_INT, read_count, AT(buffers) },
		{ "largest", IS_STRING | IS_INT, read_amount, AT(largest) },
		{ "reserved", IS_STRING | IS_INT, read_amount, AT(reserved) },
		{ "perUid", IS_OBJECT, read_per_uid, 0 },
		{},
	};
	int error = read_object(r, v, members, into);

	if (error == 0)
		check_order(r, v, into);
	return error;
}
