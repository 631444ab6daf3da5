/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "client/forest.h"

static size_t count(const struct p2pmem_function *f)
{
	size_t n = 0;

	for (; f; f = f->next)
		n++;
	return n;
}

static int compare(const void *left, const void *right)
{
	const struct node *a = left, *b = right;

	return strcmp(a->function->address, b->function->address);
}

static struct node *find(const struct forest *f, const char *address)
{
	const struct p2pmem_function key = { .address = address };
	const struct node wanted = { .function = &key };

	return bsearch(&wanted, f->nodes, f->n, sizeof(*f->nodes), compare);
}

/* From the last to the first, so that those beside each other are in order. */
static void link_nodes(struct forest *f)
{
	for (size_t i = f->n; i-- > 0;) {
		struct node *node = &f->nodes[i];

		if (node->function->parent)
			node->parent = find(f, node->function->parent);
		if (!node->parent)
			continue;
		node->next = node->parent->child;
		node->parent->child = node;
	}
}

static void mark(struct forest *f)
{
	for (size_t i = 0; i < f->n; i++) {
		struct node *node = &f->nodes[i];

		if (!node->function->region && !node->function->client)
			continue;
		for (; node && !node->matters; node = node->parent)
			node->matters = true;
	}
}

int forest_grow(const struct p2pmem_function *functions, struct forest *ret)
{
	struct forest f = { .n = count(functions) };

	f.nodes = calloc(f.n + 1, sizeof(*f.nodes));
	if (!f.nodes)
		return -ENOMEM;
	for (size_t i = 0; i < f.n; i++, functions = functions->next)
		f.nodes[i].function = functions;
	qsort(f.nodes, f.n, sizeof(*f.nodes), compare);
	link_nodes(&f);
	mark(&f);
	*ret = f;
	return 0;
}

void forest_done(struct forest *f)
{
	free(f->nodes);
	*f = (struct forest){};
}

struct walk {
	bool all;
	int (*visit)(const struct node *node, size_t depth, void *userdata);
	void *userdata;
};

static int walk_node(const struct walk *w, const struct node *node, size_t depth)
{
	int r;

	if ((!w->all && !node->matters) || depth > FOREST_DEPTH_MAX)
		return 0;
	r = w->visit(node, depth, w->userdata);
	for (const struct node *c = node->child; r == 0 && c; c = c->next)
		r = walk_node(w, c, depth + 1);
	return r;
}

int forest_walk(const struct forest *f, const char *root, bool all,
		int (*visit)(const struct node *node, size_t depth, void *userdata), void *userdata)
{
	const struct walk w = { all, visit, userdata };
	int r = 0;

	for (size_t i = 0; r == 0 && i < f->n; i++)
		if (!f->nodes[i].parent && !f->nodes[i].function->parent &&
		    strcmp(f->nodes[i].function->root, root) == 0)
			r = walk_node(&w, &f->nodes[i], 1);
	return r;
}
