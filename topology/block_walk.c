/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <string.h>

#include "common/array.h"
#include "common/cleanup.h"
#include "common/pci.h"
#include "common/utf8.h"
#include "topology/block_walk.h"

/* More than anybody stacks; a limit for what a tree from elsewhere may hold. */
#define LAYERS_MAX 1024

bool walk_is_fatal(int r)
{
	return sysfs_is_fatal(r) && r != -E2BIG;
}

void walk_done(struct walk *w)
{
	block_target_done(&w->target);
	for (size_t i = 0; i < w->n_dirs; i++)
		free(w->dirs[i]);
	free(w->dirs);
}

struct layer *walk_layer(struct walk *w)
{
	return &w->target.layers[w->at];
}

static bool is_listed(const struct walk *w, const char *dir)
{
	for (size_t i = 0; i < w->n_dirs; i++)
		if (*dir && strcmp(w->dirs[i], dir) == 0)
			return true;
	return false;
}

/* A link may lead to the top of the tree, which has no name, or be named by blanks. */
static char *name_of_layer(const char *name)
{
	_cleanup_free_ char *clean = utf8_clean(name);

	return !clean || *clean ? take_ptr(clean) : strdup("(unnamed)");
}

int walk_push(struct walk *w, const char *name, char *dir)
{
	_cleanup_free_ char *own = dir;
	struct layer l = {};
	int r;

	if (!own)
		return -ENOMEM;
	w->n_below++;
	if (is_listed(w, own))
		return 0;
	if (w->n_dirs == LAYERS_MAX)
		return -E2BIG;
	l.name = name_of_layer(name);
	if (!l.name)
		return -ENOMEM;
	r = array_push(w->dirs, w->n_dirs, own);
	if (r == 0) {
		own = NULL;
		r = array_push(w->target.layers, w->target.n_layers, l);
	}
	if (r < 0)
		free(l.name);
	return r;
}

int walk_push_link(struct walk *w, const char *dir, const char *name)
{
	char *real = NULL;
	int r = sysfs_resolve(w->sysfs, dir, name, &real);

	if (walk_is_fatal(r))
		return r;
	return r < 0 ? walk_push(w, name, strdup("")) : walk_push(w, path_last(real), real);
}

int walk_add_function(struct walk *w, const struct p2pmem_pci_address *address)
{
	struct block_target *t = &w->target;

	for (size_t i = 0; i < t->n_functions; i++)
		if (pci_address_equal(&t->functions[i], address))
			return 0;
	return array_push(t->functions, t->n_functions, *address);
}
