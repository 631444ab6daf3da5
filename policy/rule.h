/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What stands in one rule of a policy file. */
#pragma once

#include "policy/reader.h"

/* Appends the rule that @v is to the reader's policy. @into is not used. */
int read_rule(struct reader *r, struct json_object *v, void *into);

/* Members of it. */
int read_who(struct reader *r, struct json_object *v, void *into); /* struct policy_who */
int read_limits(struct reader *r, struct json_object *v, void *into); /* struct policy_limits */
