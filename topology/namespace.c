/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "common/array.h"
#include "common/cleanup.h"
#include "topology/namespace.h"
#include "topology/nvme.h"

#define SECTOR_SIZE 512 /* of the `size` attribute, whatever the device's blocks */

struct reading {
	const struct sysfs *sysfs;
	struct topology_function *function;
	int dir; /* the one being walked */
};

static int optional(int r)
{
	return sysfs_is_fatal(r) ? r : 0;
}

static int read_numbers(const struct sysfs *s, int dir, struct topology_block *b)
{
	_cleanup_free_ char *dev = NULL;
	uint64_t sectors, block_size;
	int n = 0;

	if (sysfs_string_at(s, dir, "dev", &dev) < 0 ||
	    sscanf(dev, "%9u:%9u%n", &b->major, &b->minor, &n) != 2 || dev[n] ||
	    sysfs_u64_at(s, dir, "size", &sectors) < 0 ||
	    sysfs_u64_at(s, dir, "queue/logical_block_size", &block_size) < 0)
		return -ENODEV;
	if (sectors > INT64_MAX / SECTOR_SIZE || block_size > UINT32_MAX)
		return -ERANGE;
	b->size = sectors * SECTOR_SIZE;
	b->logical_block_size = (uint32_t)block_size;
	return 0;
}

static int read_block(const struct sysfs *s, const char *disk, struct topology_block *b)
{
	_cleanup_close_ int dir = -1;
	char path[64];

	snprintf(path, sizeof(path), "class/block/%s", disk);
	dir = sysfs_dir(s, path);
	return dir < 0 ? dir : read_numbers(s, dir, b);
}

static bool has_block(const struct topology_function *f, const char *name)
{
	for (size_t i = 0; i < f->n_blocks; i++)
		if (strcmp(f->blocks[i].name, name) == 0)
			return true;
	return false;
}

/* A path is listed as the head that it leads to, since that is what can be opened. */
static int add_namespace(const char *name, void *userdata)
{
	struct reading *reading = userdata;
	struct topology_function *f = reading->function;
	struct topology_block b = {};
	char disk[32];
	struct nvme_name n;
	int r;

	if (!nvme_name_parse(name, &n))
		return 0;
	snprintf(disk, sizeof(disk), "nvme%un%u", n.instance, n.ns);
	if (has_block(f, disk))
		return 0;
	r = read_block(reading->sysfs, disk, &b);
	if (r < 0)
		return optional(r);
	b.name = strdup(disk);
	if (!b.name || array_push(f->blocks, f->n_blocks, b) < 0) {
		free(b.name);
		return -ENOMEM;
	}
	return 0;
}

static int read_text(const struct sysfs *s, int dir, const char *name, char **text)
{
	return *text ? 0 : optional(sysfs_string_at(s, dir, name, text));
}

static int add_controller(const char *name, void *userdata)
{
	struct reading *outer = userdata, inner = *outer;
	_cleanup_close_ int dir = sysfs_dir_at(outer->dir, name);
	struct topology_function *f = outer->function;
	int r;

	if (dir < 0)
		return optional(dir);
	inner.dir = dir;
	r = read_text(outer->sysfs, dir, "serial", &f->serial);
	if (r == 0)
		r = read_text(outer->sysfs, dir, "model", &f->model);
	return r < 0 ? r : optional(sysfs_each_at(dir, ".", add_namespace, &inner));
}

int namespaces_read(const struct sysfs *s, int dir, struct topology_function *f)
{
	_cleanup_close_ int controllers = sysfs_dir_at(dir, "nvme");
	struct reading reading = { .sysfs = s, .function = f, .dir = controllers };

	if (controllers < 0)
		return optional(controllers);
	return optional(sysfs_each_at(controllers, ".", add_controller, &reading));
}
