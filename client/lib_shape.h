/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Between the interface's objects and the structures of libp2pmem.h: a shape
 * says which member of an object is which member of a structure. p2pmemctl
 * writes its JSON by the same tables by which replies are read.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <json-c/json.h>

struct pool;

enum member_kind {
	MEMBER_STRING, /* const char * */
	MEMBER_U16,
	MEMBER_U32,
	MEMBER_S32, /* optional: -1 while absent, and no other below zero */
	MEMBER_U64,
	MEMBER_S64, /* likewise */
	MEMBER_FLAG, /* int, from a bool */
	MEMBER_ANSWER, /* enum p2pmem_answer, from a bool that may be absent */
	MEMBER_VERDICT, /* and other enumerations, from their words */
	MEMBER_STATE,
	MEMBER_SOURCE,
	MEMBER_KIND,
	MEMBER_SIDE,
	MEMBER_NAMES, /* struct p2pmem_name *, from strings */
	MEMBER_LIST, /* of what @of says, which begins with the pointer to the next one */
	MEMBER_INNER, /* an object whose members are members of the same structure */
};

/* Unknown words of the enumerations become 0, as a later interface may add some. */
struct member {
	const char *name;
	enum member_kind kind;
	bool required;
	size_t offset;
	size_t flag; /* where an int says that an optional one is there; 0: nowhere */
	const struct shape *of;
};

struct shape {
	size_t size;
	const struct member *members; /* ended by a NULL name */
};

extern const struct shape shape_region, shape_device, shape_pair, shape_lease, shape_explanation,
	shape_host_bridge, shape_function, shape_metrics, shape_policy, shape_policy_mistake;

/*
 * Checks types, presence and ranges; members that are not known are passed
 * over. @entry is zeroed memory; strings and lists go to @pool. -EBADMSG,
 * -ENOMEM.
 */
int shape_parse(const struct shape *s, struct json_object *o, struct pool *pool, void *entry);

/* A new object; NULL when memory is short. What is absent is left out. */
struct json_object *shape_write(const struct shape *s, const void *entry);

/* The same for a list, as an array. */
struct json_object *shape_write_list(const struct shape *s, const void *first);
