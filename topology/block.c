/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "common/array.h"
#include "common/cleanup.h"
#include "common/pci.h"
#include "common/utf8.h"
#include "topology/block.h"
#include "topology/nvme.h"

/* One step down the layers. */
struct walk {
	const struct sysfs *sysfs;
	struct block_target *target;
	struct nvme_name head;
	const char *dir; /* being walked */
};

void block_target_done(struct block_target *t)
{
	free(t->name);
	free(t->functions);
	free(t->layer);
	*t = (struct block_target){};
}

static int refuse(struct block_target *t, const char *layer)
{
	t->layer = strdup(layer);
	return t->layer ? BLOCK_REFUSED : -ENOMEM;
}

/* The NVMe controller at @dir: its PCI function, or the transport it uses instead. */
static int add_controller(const struct sysfs *s, const char *dir, struct block_target *t)
{
	_cleanup_free_ char *device = NULL, *transport = NULL;
	struct p2pmem_pci_address address;
	char layer[32];
	int r = sysfs_resolve(s, dir, "device", &device);

	if (r == -ENOMEM)
		return r;
	if (r == 0 && pci_address_parse(path_last(device), &address) == 0)
		return array_push(t->functions, t->n_functions, address);
	if (sysfs_string(s, dir, "transport", &transport) < 0)
		return refuse(t, "nvme");
	snprintf(layer, sizeof(layer), "nvme-%s", transport);
	return refuse(t, layer);
}

static int add_if_path(const char *name, void *userdata)
{
	struct walk *w = userdata;
	struct nvme_name n;

	if (!nvme_name_parse(name, &n) || !nvme_is_path_of(&n, &w->head))
		return 0;
	return add_controller(w->sysfs, w->dir, w->target);
}

/* A member of an NVMe subsystem: any controller of it may be a path to the head. */
static int walk_member(const char *name, void *userdata)
{
	struct walk *outer = userdata, inner = *outer;
	char dir[PATH_MAX];
	int r;

	if (strncmp(name, "nvme", 4) != 0 || !isdigit((unsigned char)name[4]) ||
	    name[4 + strspn(name + 4, "0123456789")])
		return 0;
	if (snprintf(dir, sizeof(dir), "%s/%s", outer->dir, name) >= (int)sizeof(dir))
		return -ENAMETOOLONG;
	inner.dir = dir;
	r = sysfs_each(outer->sysfs, dir, add_if_path, &inner);
	return r == -ENOENT ? 0 : r;
}

static int walk_paths(const struct sysfs *s, const char *subsystem, const char *disk,
		      struct block_target *t)
{
	struct walk w = { .sysfs = s, .target = t, .dir = subsystem };
	int r;

	if (!nvme_name_parse(disk, &w.head))
		return refuse(t, "nvme-multipath");
	r = sysfs_each(s, subsystem, walk_member, &w);
	if (r != 0)
		return r;
	return t->n_functions > 0 ? BLOCK_OK : -ENODEV;
}

/* What a disk without a device below it is called after: loop, zram, nbd ... */
static int refuse_virtual(const struct sysfs *s, const char *dir, struct block_target *t)
{
	static const char *const marks[][2] = {
		{ "dm", "device-mapper" },
		{ "md", "md" },
		{ "loop", "loop" },
		{ "bcache", "bcache" },
	};
	_cleanup_free_ char *name = utf8_clean(path_last(dir));

	if (!name)
		return -ENOMEM;
	for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++)
		if (sysfs_exists(s, dir, marks[i][0]))
			return refuse(t, marks[i][1]);
	name[strcspn(name, "0123456789")] = '\0';
	return refuse(t, *name ? name : "unknown");
}

static int resolve_disk(const struct sysfs *s, const char *dir, struct block_target *t)
{
	_cleanup_free_ char *device = NULL, *subsystem = NULL;
	int r = sysfs_resolve(s, dir, "device", &device);

	if (r == -ENOENT)
		return refuse_virtual(s, dir, t);
	if (r == 0)
		r = sysfs_link_name(s, device, "subsystem", &subsystem);
	if (r < 0)
		return r == -ENOENT ? refuse(t, "unknown") : r;
	if (strcmp(subsystem, "nvme") == 0)
		return add_controller(s, device, t);
	if (strcmp(subsystem, "nvme-subsystem") == 0)
		return walk_paths(s, device, path_last(dir), t);
	return refuse(t, strcmp(subsystem, "virtio") == 0 ? "virtio-blk" : subsystem);
}

int block_resolve(const struct sysfs *s, unsigned int major, unsigned int minor,
		  struct block_target *ret)
{
	_cleanup_(block_target_done) struct block_target t = {};
	_cleanup_free_ char *dir = NULL;
	char number[32];
	int r;

	snprintf(number, sizeof(number), "%u:%u", major, minor);
	r = sysfs_resolve(s, "dev/block", number, &dir);
	if (r < 0)
		return r == -ENOENT ? -ENODEV : r;
	t.name = utf8_clean(path_last(dir));
	if (!t.name)
		return -ENOMEM;
	if (sysfs_exists(s, dir, "partition")) {
		char *parent = path_parent(dir);

		free(dir);
		dir = parent;
		if (!dir)
			return -ENOMEM;
	}
	r = resolve_disk(s, dir, &t);
	if (r >= 0) {
		*ret = t;
		t = (struct block_target){};
	}
	return r;
}
