/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "common/cleanup.h"
#include "topology/block_walk.h"

void block_target_done(struct block_target *t)
{
	for (size_t i = 0; i < t->n_layers; i++)
		layer_done(&t->layers[i]);
	free(t->layers);
	free(t->functions);
	*t = (struct block_target){};
}

static int read_number(const struct walk *w, const char *dir, struct layer *l)
{
	_cleanup_free_ char *number = NULL;
	int n = 0, r = sysfs_string(w->sysfs, dir, "dev", &number);

	if (r == 0 && sscanf(number, "%5u:%7u%n", &l->major, &l->minor, &n) == 2 && !number[n])
		l->numbered = true;
	return walk_is_fatal(r) ? r : 0;
}

static int push_disk_of(struct walk *w, const char *partition)
{
	char *disk = path_parent(partition);

	walk_layer(w)->kind = LAYER_PARTITION;
	return disk ? walk_push(w, path_last(disk), disk) : -ENOMEM;
}

static int look(struct walk *w)
{
	const char *dir = w->dirs[w->at];
	struct nvme_name n;
	int r;

	if (!*dir)
		return -ENOENT;
	r = read_number(w, dir, walk_layer(w));
	if (r < 0)
		return r;
	if (sysfs_exists(w->sysfs, dir, "partition"))
		return push_disk_of(w, dir);
	/* What the kernel shows of a path is little more than its place below its controller. */
	if (nvme_name_parse(path_last(dir), &n) && n.controller >= 0) {
		_cleanup_free_ char *controller = path_parent(dir);

		return controller ? look_at_controller(w, controller) : -ENOMEM;
	}
	return look_at_disk(w, dir);
}

/* Layers on each other in a circle lead nowhere either. */
static void settle(struct walk *w)
{
	struct block_target *t = &w->target;
	bool circle = t->n_functions == 0;

	for (size_t i = 0; i < t->n_layers; i++)
		circle = circle && layer_asks_kernel(&t->layers[i]);
	t->layers[0].childless |= circle;
	for (size_t i = 0; i < t->n_layers; i++)
		t->layers[i].passes = layer_known(&t->layers[i], w->release);
}

/* Whatever stands in the way of looking leaves a layer in doubt. */
static int look_at_all(struct walk *w)
{
	for (; w->at < w->n_dirs; w->at++) {
		int r;

		w->n_below = 0;
		r = look(w);
		if (walk_is_fatal(r))
			return r;
		walk_layer(w)->unread = r < 0;
	}
	settle(w);
	return 0;
}

int block_resolve(const struct sysfs *s, unsigned int major, unsigned int minor,
		  const char *release, struct block_target *ret)
{
	_cleanup_(walk_done) struct walk w = { .sysfs = s, .release = release };
	char number[32], *dir = NULL;
	int r;

	snprintf(number, sizeof(number), "%u:%u", major, minor);
	r = sysfs_resolve(s, "dev/block", number, &dir);
	if (r < 0)
		return r == -ENOENT ? -ENODEV : r;
	r = walk_push(&w, path_last(dir), dir);
	if (r == 0)
		r = look_at_all(&w);
	if (r < 0)
		return r;
	*ret = w.target;
	w.target = (struct block_target){};
	return 0;
}
