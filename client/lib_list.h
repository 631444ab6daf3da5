/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Lists in the making, for the library, and for p2pmemctl where it looks for itself. */
#pragma once

#include "client/lib.h"
#include "client/lib_shape.h"

struct list {
	const struct shape *shape;
	struct pool pool;
	struct entry *last;
};

/* Appends an object of the interface. -EBADMSG, -ENOMEM. */
int list_add(struct list *l, struct json_object *o);

/* The first entry, to be freed by p2pmem_list_free(); NULL if there is none. */
void *list_take(struct list *l);
void list_done(struct list *l);
