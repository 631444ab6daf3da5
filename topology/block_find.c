/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Block devices by name, and what comes of their layers. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "common/cleanup.h"
#include "topology/block.h"

#define BLOCK "class/block"

/* A name as a single component of a path. */
static bool is_plain(const char *name)
{
	return *name && !strchr(name, '/') && strcmp(name, ".") != 0 && strcmp(name, "..") != 0;
}

static int read_number(const struct sysfs *s, const char *name, unsigned int *ret_major,
		       unsigned int *ret_minor)
{
	_cleanup_free_ char *number = NULL;
	char dir[sizeof(BLOCK) + 256];
	unsigned int major, minor;
	int n = 0, r;

	if (snprintf(dir, sizeof(dir), BLOCK "/%s", name) >= (int)sizeof(dir))
		return -ENODEV;
	r = sysfs_string(s, dir, "dev", &number);
	if (r < 0)
		return sysfs_is_fatal(r) ? r : -ENODEV;
	if (sscanf(number, "%5u:%7u%n", &major, &minor, &n) != 2 || number[n])
		return -ENODEV;
	*ret_major = major;
	*ret_minor = minor;
	return 0;
}

struct search {
	const struct sysfs *sysfs;
	const char *name;
	char *found;
};

static int match_dm(const char *entry, void *userdata)
{
	_cleanup_free_ char *name = NULL;
	struct search *q = userdata;
	char dir[sizeof(BLOCK) + 256];
	int r;

	if (strncmp(entry, "dm-", 3) != 0)
		return 0;
	snprintf(dir, sizeof(dir), BLOCK "/%s/dm", entry);
	r = sysfs_string(q->sysfs, dir, "name", &name);
	if (r < 0)
		return sysfs_is_fatal(r) ? r : 0;
	if (strcmp(name, q->name) != 0)
		return 0;
	if (q->found)
		return -ENOTUNIQ;
	q->found = strdup(entry);
	return q->found ? 0 : -ENOMEM;
}

int block_find(const struct sysfs *s, const char *name, unsigned int *ret_major,
	       unsigned int *ret_minor)
{
	struct search q = { .sysfs = s, .name = name };
	int r;

	if (!is_plain(name))
		return -ENODEV;
	r = read_number(s, name, ret_major, ret_minor);
	if (r != -ENODEV)
		return r;
	r = sysfs_each(s, BLOCK, match_dm, &q);
	if (r == 0 || r == -ENOENT)
		r = q.found ? read_number(s, q.found, ret_major, ret_minor) : -ENODEV;
	free(q.found);
	return r;
}

/*
 * A queue refuses also on behalf of what is below it. One that is known to take
 * P2P pages on this kernel does so for no other reason.
 */
static void note_answer(struct layer *l, int answer, bool refused_below)
{
	const bool known = l->passes == LAYER_PASSES_YES;

	if (answer < 0)
		l->passes = LAYER_PASSES_UNKNOWN;
	else
		l->passes = answer ? LAYER_PASSES_YES : LAYER_PASSES_NO;
	l->inherited = known && answer == 0 && refused_below;
}

void block_ask(struct block_target *t,
	       int (*ask)(unsigned int major, unsigned int minor, void *userdata), void *userdata)
{
	bool refused = false;

	for (size_t i = t->n_layers; i-- > 0;) {
		struct layer *l = &t->layers[i];

		if (l->numbered && layer_asks_kernel(l))
			note_answer(l, ask(l->major, l->minor, userdata), refused);
		refused = refused || l->passes == LAYER_PASSES_NO;
	}
}

/* The one to blame is whoever refuses by nature, or else the lowest that refuses. */
const struct layer *block_refusal(const struct block_target *t)
{
	const struct layer *lowest = NULL, *unknown = NULL;

	for (size_t i = 0; i < t->n_layers; i++) {
		const struct layer *l = &t->layers[i];

		if (l->passes == LAYER_PASSES_NO && !layer_asks_kernel(l))
			return l;
		if (l->passes == LAYER_PASSES_NO)
			lowest = l;
		else if (l->passes == LAYER_PASSES_UNKNOWN && !unknown)
			unknown = l;
	}
	return lowest ?: unknown;
}
