/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* JSON for programs; json-c leaves some control characters as they are. */
#include <stdio.h>
#include <json-c/json.h>

#include "common/cleanup.h"
#include "common/json.h"
#include "client/ctl.h"
#include "client/say.h"

struct json_object *ctl_json_new(void)
{
	_cleanup_json_ struct json_object *o = json_object_new_object();

	if (!o || json_add_int(o, "schema", 1) < 0)
		return NULL;
	return take_ptr(o);
}

/* DEL and U+0080 to U+009F occur within strings only, so they can be escaped where they are. */
static void print_escaped(const char *text)
{
	for (const unsigned char *p = (const unsigned char *)text; *p; p++) {
		if (*p == 0x7f)
			fputs("\\u007f", stdout);
		else if (p[0] == 0xc2 && p[1] >= 0x80 && p[1] < 0xa0)
			printf("\\u%04x", *++p);
		else
			putchar(*p);
	}
	putchar('\n');
}

int ctl_print_json(struct json_object *o)
{
	const char *text =
		o ? json_object_to_json_string_ext(o, JSON_C_TO_STRING_PRETTY |
							      JSON_C_TO_STRING_NOSLASHESCAPE) :
		    NULL;

	if (!text)
		return no_memory();
	print_escaped(text);
	return STATUS_OK;
}

int ctl_print_list(const char *name, struct json_object *list)
{
	_cleanup_json_ struct json_object *owned = list, *root = ctl_json_new();

	if (!root || !owned || json_add(root, name, take_ptr(owned)) < 0)
		return no_memory();
	return ctl_print_json(root);
}
