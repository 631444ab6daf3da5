/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Following events. Nothing is believed of one but which device to look at,
 * and the name of that only once it was parsed.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "common/array.h"
#include "common/cleanup.h"
#include "common/pci.h"
#include "topology/function.h"
#include "topology/nvme.h"
#include "topology/position.h"
#include "topology/scan.h"

#define SUBSYSTEMS "devices/virtual/nvme-subsystem"

/* Functions to look at, gathered before anything changes. */
struct touched {
	struct p2pmem_pci_address *list;
	size_t n;
	const struct source *source;
	const char *dir;
};

static void touched_done(struct touched *a)
{
	free(a->list);
}

static bool same_position(const struct topology_function *f, const struct position *p)
{
	if (f->root->domain != p->domain || f->root->bus != p->bus || !f->parent != !p->has_parent)
		return false;
	return !f->parent || pci_address_equal(&f->parent->address, &p->parent);
}

/* Others point to @old, so it stays where it is. */
static void replace(struct topology_function *old, struct topology_function *new)
{
	struct topology_function was = *old;

	*old = *new;
	old->root = was.root;
	old->parent = was.parent;
	*new = was;
	topology_function_free(new);
}

static int read_anew(const struct source *s, struct topology *t, struct topology_function *old,
		     const char *path)
{
	struct topology_function *new;
	struct position place;
	int r = position_parse(path, &place);

	if (r < 0)
		return r;
	if (!same_position(old, &place))
		return TOPOLOGY_STALE;
	r = function_read(s, path, &new);
	if (r == 0)
		replace(old, new);
	return r;
}

static int look_at(const struct source *s, struct topology *t,
		   const struct p2pmem_pci_address *address)
{
	struct topology_function *old = topology_find(t, address);
	char path[PATH_MAX];
	int r = function_locate(s, address, path);

	if (r == 0)
		r = old ? read_anew(s, t, old, path) : function_add(s, t, path);
	if (r >= 0 || sysfs_is_fatal(r))
		return r;
	/* Gone, or on its way, of which there will be another event. */
	topology_remove(t, address);
	return 0;
}

/* ---- multipath heads --------------------------------------------------- */

/* Those that have the head now. */
static int touch_owners(const struct topology *t, const char *head, struct touched *a)
{
	for (size_t i = 0; i < t->n_functions; i++) {
		const struct topology_function *f = t->functions[i];

		for (size_t k = 0; k < f->n_blocks; k++)
			if (strcmp(f->blocks[k].name, head) == 0 &&
			    array_push(a->list, a->n, f->address) < 0)
				return -ENOMEM;
	}
	return 0;
}

/* A controller of the subsystem is a link to its folder, below a function. */
static int touch_member(const char *name, void *userdata)
{
	_cleanup_close_ int dir = -1;
	char target[PATH_MAX], path[PATH_MAX];
	struct touched *a = userdata;
	struct position place;
	int r;

	if (strncmp(name, "nvme", 4) != 0)
		return 0;
	dir = sysfs_dir(a->source->sysfs, a->dir);
	r = dir < 0 ? dir : sysfs_link_at(dir, name, target, sizeof(target));
	if (r == 0)
		r = path_follow(a->dir, target, path, sizeof(path));
	if (r == 0)
		r = position_parse(path, &place);
	if (r < 0)
		return sysfs_is_fatal(r) ? r : 0;
	return array_push(a->list, a->n, place.self);
}

static int touch_paths(const struct source *s, const struct topology *t, unsigned int subsystem,
		       const char *head, struct touched *a)
{
	char dir[64];
	int r = head ? touch_owners(t, head, a) : 0;

	if (r < 0)
		return r;
	snprintf(dir, sizeof(dir), SUBSYSTEMS "/nvme-subsys%u", subsystem);
	a->source = s;
	a->dir = dir;
	r = sysfs_each(s->sysfs, dir, touch_member, a);
	a->dir = NULL;
	return sysfs_is_fatal(r) ? r : 0;
}

/* "nvme-subsys3" or "nvme-subsys3/nvme3n1", maybe with a partition behind it. */
static bool parse_head(const char *path, unsigned int *ret_subsystem, char head[static 40])
{
	struct nvme_name name;
	char part[40];
	int n = 0;

	if (sscanf(path, "nvme-subsys%9u%n", ret_subsystem, &n) != 1 || (path[n] && path[n] != '/'))
		return false;
	*head = '\0';
	if (sscanf(path + n, "/%39[^/]", part) == 1 && nvme_name_parse(part, &name))
		snprintf(head, 40, "nvme%un%u", name.instance, name.ns);
	return true;
}

static int look_at_paths(const struct source *s, struct topology *t, const char *path)
{
	_cleanup_(touched_done) struct touched a = {};
	unsigned int subsystem;
	char head[40];
	int r;

	if (!parse_head(path, &subsystem, head))
		return 0;
	r = touch_paths(s, t, subsystem, *head ? head : NULL, &a);
	for (size_t i = 0; r == 0 && i < a.n; i++)
		r = look_at(s, t, &a.list[i]);
	return r;
}

int topology_update(const struct sysfs *s, struct topology *t, const char *path)
{
	_cleanup_(source_done) struct source source = {};
	struct position place;
	int r = source_open(s, &source);

	if (r < 0)
		return r == -ENOENT ? TOPOLOGY_STALE : r;
	path += strspn(path, "/");
	if (position_parse(path, &place) == 0)
		return look_at(&source, t, &place.self);
	if (strncmp(path, SUBSYSTEMS "/", sizeof(SUBSYSTEMS)) == 0)
		return look_at_paths(&source, t, path + sizeof(SUBSYSTEMS));
	return 0;
}
