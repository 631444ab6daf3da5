/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a disk is: made of other devices, or of none, or served by a device of some bus. */
#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "common/cleanup.h"
#include "topology/block_walk.h"

static int push_slave(const char *name, void *userdata)
{
	const struct folder *f = userdata;

	return walk_push_link(f->walk, f->dir, name);
}

/* Everything it is built on. What has nothing cannot do a transfer. */
static int push_slaves(struct walk *w)
{
	char dir[PATH_MAX];
	struct folder f = { .walk = w, .dir = dir };
	int r;

	if (snprintf(dir, sizeof(dir), "%s/slaves", w->dirs[w->at]) >= (int)sizeof(dir))
		return -ENAMETOOLONG;
	r = sysfs_each(w->sysfs, dir, push_slave, &f);
	walk_layer(w)->childless = w->n_below == 0;
	return r == -ENOENT ? 0 : r;
}

/* A missing attribute leaves the detail out. */
static int optional(int r)
{
	return walk_is_fatal(r) ? r : 0;
}

static const char *dm_family(const char *uuid)
{
	static const char *const families[][2] = {
		{ "LVM-", "LVM" },	   { "CRYPT-", "crypt" },
		{ "mpath-", "multipath" }, { "part", "partition of a" },
		{ "RAID-", "raid" },
	};

	for (size_t i = 0; uuid && i < sizeof(families) / sizeof(families[0]); i++)
		if (strncmp(uuid, families[i][0], strlen(families[i][0])) == 0)
			return families[i][1];
	return "device-mapper";
}

static int look_at_dm(struct walk *w, const char *dir)
{
	_cleanup_free_ char *name = NULL, *uuid = NULL;
	struct layer *l = walk_layer(w);
	int r = optional(sysfs_string(w->sysfs, dir, "dm/name", &name));

	if (r == 0)
		r = optional(sysfs_string(w->sysfs, dir, "dm/uuid", &uuid));
	if (r < 0)
		return r;
	l->crypt = uuid && strncmp(uuid, "CRYPT-", 6) == 0;
	if (asprintf(&l->detail, "%s%s%s", dm_family(uuid), name ? ", " : "", name ?: "") < 0) {
		l->detail = NULL;
		return -ENOMEM;
	}
	return push_slaves(w);
}

static int look_at_md(struct walk *w, const char *dir)
{
	struct layer *l = walk_layer(w);
	int r = optional(sysfs_string(w->sysfs, dir, "md/level", &l->level));

	if (r == 0 && l->level) {
		l->detail = strdup(l->level);
		r = l->detail ? 0 : -ENOMEM;
	}
	return r < 0 ? r : push_slaves(w);
}

static enum layer_kind kind_by_name(const char *name)
{
	static const struct {
		const char *stem;
		enum layer_kind kind;
	} stems[] = {
		{ "zram", LAYER_ZRAM }, { "ram", LAYER_RAM },	{ "nbd", LAYER_NBD },
		{ "rbd", LAYER_RBD },	{ "drbd", LAYER_DRBD }, { "pmem", LAYER_PMEM },
		{ "loop", LAYER_LOOP },
	};

	for (size_t i = 0; i < sizeof(stems) / sizeof(stems[0]); i++) {
		size_t n = strlen(stems[i].stem);

		if (strncmp(name, stems[i].stem, n) == 0 && isdigit((unsigned char)name[n]))
			return stems[i].kind;
	}
	return LAYER_UNKNOWN;
}

static int look_at_virtual(struct walk *w, const char *dir)
{
	struct layer *l = walk_layer(w);

	if (sysfs_exists(w->sysfs, dir, "dm")) {
		l->kind = LAYER_DM;
		return look_at_dm(w, dir);
	}
	if (sysfs_exists(w->sysfs, dir, "md")) {
		l->kind = LAYER_MD;
		return look_at_md(w, dir);
	}
	if (sysfs_exists(w->sysfs, dir, "bcache")) {
		l->kind = LAYER_BCACHE;
		return push_slaves(w);
	}
	if (sysfs_exists(w->sysfs, dir, "loop")) {
		l->kind = LAYER_LOOP;
		return optional(sysfs_string(w->sysfs, dir, "loop/backing_file", &l->detail));
	}
	l->kind = kind_by_name(l->name);
	return 0;
}

static enum layer_kind kind_by_subsystem(const char *subsystem)
{
	if (strcmp(subsystem, "virtio") == 0)
		return LAYER_VIRTIO;
	if (strcmp(subsystem, "scsi") == 0)
		return LAYER_SCSI;
	return strcmp(subsystem, "nd") == 0 ? LAYER_PMEM : LAYER_UNKNOWN;
}

int look_at_disk(struct walk *w, const char *dir)
{
	_cleanup_free_ char *device = NULL, *subsystem = NULL;
	int r = sysfs_resolve(w->sysfs, dir, "device", &device);

	if (r == -ENOENT)
		return look_at_virtual(w, dir);
	if (r == 0)
		r = sysfs_link_name(w->sysfs, device, "subsystem", &subsystem);
	if (r < 0)
		return r;
	if (strcmp(subsystem, "nvme") == 0)
		return look_at_controller(w, device);
	if (strcmp(subsystem, "nvme-subsystem") == 0)
		return look_at_head(w, device);
	walk_layer(w)->kind = kind_by_subsystem(subsystem);
	if (walk_layer(w)->kind == LAYER_UNKNOWN)
		walk_layer(w)->detail = take_ptr(subsystem);
	return 0;
}
