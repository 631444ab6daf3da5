/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A pool is a chain of chunks in order of allocation. As the first allocation
 * is the first entry of a list, the list's address leads to the whole chain.
 */
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "client/lib.h"

struct chunk {
	struct chunk *next;
	max_align_t data[];
};

void *pool_alloc(struct pool *pool, size_t size)
{
	struct chunk *c = calloc(1, sizeof(*c) + size);

	if (!c)
		return NULL;
	if (pool->tail)
		pool->tail->next = c;
	else
		pool->head = c;
	pool->tail = c;
	return c->data;
}

int pool_string(struct pool *pool, const char *s, const char **ret)
{
	char *copy;

	if (!s) {
		*ret = NULL;
		return 0;
	}
	copy = pool_alloc(pool, strlen(s) + 1);
	if (!copy)
		return -ENOMEM;
	*ret = strcpy(copy, s);
	return 0;
}

void *pool_first(const struct pool *pool)
{
	return pool->head ? pool->head->data : NULL;
}

static void free_chain(struct chunk *c)
{
	while (c) {
		struct chunk *next = c->next;

		free(c);
		c = next;
	}
}

void pool_free(struct pool *pool)
{
	free_chain(pool->head);
	*pool = (struct pool){};
}

void p2pmem_list_free(void *list)
{
	if (list)
		free_chain((struct chunk *)((char *)list - offsetof(struct chunk, data)));
}
