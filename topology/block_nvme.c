/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Layers that are NVMe: namespaces, and heads with their paths. */
#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/pci.h"
#include "topology/block_walk.h"

/* The PCI function, or the transport it has instead. */
int look_at_controller(struct walk *w, const char *dir)
{
	_cleanup_free_ char *device = NULL, *transport = NULL;
	struct p2pmem_pci_address address;
	struct layer *l = walk_layer(w);
	int r = sysfs_resolve(w->sysfs, dir, "device", &device);

	if (r == 0 && pci_address_parse(path_last(device), &address) == 0) {
		l->kind = LAYER_NVME;
		return walk_add_function(w, &address);
	}
	if (!walk_is_fatal(r))
		r = sysfs_string(w->sysfs, dir, "transport", &transport);
	if (r < 0)
		return r;
	if (strcmp(transport, "pcie") != 0)
		l->kind = LAYER_NVME_FABRICS;
	l->detail = take_ptr(transport);
	return 0;
}

static int push_if_path(const char *name, void *userdata)
{
	const struct folder *f = userdata;
	struct nvme_name n;

	if (!nvme_name_parse(name, &n) || !nvme_is_path_of(&n, &f->walk->head))
		return 0;
	return walk_push_link(f->walk, f->dir, name);
}

static bool is_controller(const char *name)
{
	return strncmp(name, "nvme", 4) == 0 && isdigit((unsigned char)name[4]) &&
	       !name[4 + strspn(name + 4, "0123456789")];
}

/* A member of an NVMe subsystem: any controller of it may have a path to the head. */
static int push_paths_of(const char *name, void *userdata)
{
	const struct folder *subsystem = userdata;
	struct walk *w = subsystem->walk;
	char dir[PATH_MAX];
	struct folder f = { .walk = w, .dir = dir };
	int r;

	if (!is_controller(name))
		return 0;
	if (snprintf(dir, sizeof(dir), "%s/%s", subsystem->dir, name) >= (int)sizeof(dir))
		return -ENAMETOOLONG;
	r = sysfs_each(w->sysfs, dir, push_if_path, &f);
	/* A controller that cannot be looked into may well have a path. */
	return r < 0 && !sysfs_is_fatal(r) ? walk_push(w, name, strdup("")) : r;
}

int look_at_head(struct walk *w, const char *subsystem)
{
	struct folder f = { .walk = w, .dir = subsystem };
	int r;

	if (!nvme_name_parse(walk_layer(w)->name, &w->head))
		return 0;
	walk_layer(w)->kind = LAYER_NVME_MULTIPATH;
	r = sysfs_each(w->sysfs, subsystem, push_paths_of, &f);
	walk_layer(w)->childless = w->n_below == 0;
	return r;
}
