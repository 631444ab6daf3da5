/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * JSON as people write it: with comments of both kinds, and strict in all
 * else. Each value knows the line that it is in. Pure.
 */
#pragma once

#include <json-c/json.h>

#include "policy/mistake.h"

#define TEXT_SIZE_MAX (256U << 10)
#define TEXT_DEPTH_MAX 16

/*
 * Parses the object that @text is. What is wrong goes into @m. -EBADMSG:
 * something leaves the rest without a meaning. Members that are there twice do
 * not: the first one of them is read on, so that all that is wrong is found.
 */
int text_parse(const char *file, const char *text, size_t n, struct mistakes *m,
	       struct json_object **ret);

/* Of a value of text_parse(). */
unsigned int text_line(struct json_object *o);
