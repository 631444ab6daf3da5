/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Takes JSON objects apart by tables of their members, and says of each that
 * is wrong where it is and what would be right. Readers go on after a mistake;
 * an error of theirs is -ENOMEM and nothing else.
 */
#pragma once

#include <json-c/json.h>

#include "policy/mistake.h"
#include "policy/parse.h"

struct reader {
	const char *file;
	const struct policy_directory *directory;
	struct mistakes *mistakes;
	char path[160]; /* of the value being read, like rules[0].limits */
	struct policy *policy;
};

/* Bits of what a member may be. */
enum {
	IS_STRING = 1 << 0,
	IS_INT = 1 << 1,
	IS_BOOL = 1 << 2,
	IS_ARRAY = 1 << 3,
	IS_OBJECT = 1 << 4,
};

struct member {
	const char *name;
	int types;
	int (*read)(struct reader *r, struct json_object *v, void *into);
	size_t offset; /* of what is read, in @into */
};

/* @members ends with an empty one. */
int read_object(struct reader *r, struct json_object *o, const struct member *members, void *into);

/* Each element of an array, which has to have some, of the types given. */
int read_array(struct reader *r, struct json_object *array, int types,
	       int (*read)(struct reader *r, struct json_object *v, void *into), void *into);

/* What is wrong with @v, which is at the reader's path. */
__attribute__((format(printf, 4, 5))) void
read_mistake(struct reader *r, struct json_object *v, const char *remedy, const char *format, ...);
__attribute__((format(printf, 4, 5))) void
read_warning(struct reader *r, struct json_object *v, const char *remedy, const char *format, ...);
