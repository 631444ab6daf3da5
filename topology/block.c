/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The list of layers is the list of what is still to be looked at: each one
 * appends what it lies on, unless that is there already. So it ends on loops
 * too, and finds what two members share once.
 */
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

/* More than anybody stacks; a limit for what a tree from elsewhere may hold. */
#define LAYERS_MAX 1024

/* A layer and where it is in the tree, "" for one that could not be found. */
struct walk {
	const struct sysfs *sysfs;
	const char *release;
	struct block_target target;
	char **dirs;
	size_t n_dirs;
	size_t at; /* being looked at */
	struct nvme_name head;
	size_t n_below; /* of the layer being looked at, listed before or not */
};

/* A folder whose entries are gone through. */
struct folder {
	struct walk *walk;
	const char *dir;
};

void block_target_done(struct block_target *t)
{
	for (size_t i = 0; i < t->n_layers; i++)
		layer_done(&t->layers[i]);
	free(t->layers);
	free(t->functions);
	*t = (struct block_target){};
}

/* Not of this device alone, so nothing can be said of it. A tree beyond bounds is one. */
static bool is_fatal(int r)
{
	return sysfs_is_fatal(r) && r != -E2BIG;
}

static void walk_done(struct walk *w)
{
	block_target_done(&w->target);
	for (size_t i = 0; i < w->n_dirs; i++)
		free(w->dirs[i]);
	free(w->dirs);
}

static struct layer *layer_at(struct walk *w)
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

/* Appends a layer called @name, still of no known kind, at @dir, which is taken over. */
static int push(struct walk *w, const char *name, char *dir)
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
	l.name = utf8_clean(name);
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

/* What @dir/@name leads to, be it found or not. */
static int push_link(struct walk *w, const char *dir, const char *name)
{
	char *real = NULL;
	int r = sysfs_resolve(w->sysfs, dir, name, &real);

	if (is_fatal(r))
		return r;
	return r < 0 ? push(w, name, strdup("")) : push(w, path_last(real), real);
}

static int push_slave(const char *name, void *userdata)
{
	const struct folder *f = userdata;

	return push_link(f->walk, f->dir, name);
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
	layer_at(w)->childless = w->n_below == 0;
	return r == -ENOENT ? 0 : r;
}

static int add_function(struct walk *w, const struct p2pmem_pci_address *address)
{
	struct block_target *t = &w->target;

	for (size_t i = 0; i < t->n_functions; i++)
		if (pci_address_equal(&t->functions[i], address))
			return 0;
	return array_push(t->functions, t->n_functions, *address);
}

/* ---- NVMe ------------------------------------------------------------ */

/* A namespace of the controller at @dir: its PCI function, or the transport it has instead. */
static int look_at_controller(struct walk *w, const char *dir)
{
	_cleanup_free_ char *device = NULL, *transport = NULL;
	struct p2pmem_pci_address address;
	struct layer *l = layer_at(w);
	int r = sysfs_resolve(w->sysfs, dir, "device", &device);

	if (r == 0 && pci_address_parse(path_last(device), &address) == 0) {
		l->kind = LAYER_NVME;
		return add_function(w, &address);
	}
	if (!is_fatal(r))
		r = sysfs_string(w->sysfs, dir, "transport", &transport);
	if (is_fatal(r))
		return r;
	if (r == 0 && strcmp(transport, "pcie") != 0)
		l->kind = LAYER_NVME_FABRICS;
	l->detail = r == 0 ? take_ptr(transport) : NULL;
	return 0;
}

static int push_if_path(const char *name, void *userdata)
{
	const struct folder *f = userdata;
	struct nvme_name n;

	if (!nvme_name_parse(name, &n) || !nvme_is_path_of(&n, &f->walk->head))
		return 0;
	return push_link(f->walk, f->dir, name);
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
	return r < 0 && !sysfs_is_fatal(r) ? push(w, name, strdup("")) : r;
}

static int look_at_head(struct walk *w, const char *subsystem)
{
	struct folder f = { .walk = w, .dir = subsystem };
	int r;

	if (!nvme_name_parse(layer_at(w)->name, &w->head))
		return 0;
	layer_at(w)->kind = LAYER_NVME_MULTIPATH;
	r = sysfs_each(w->sysfs, subsystem, push_paths_of, &f);
	layer_at(w)->childless = w->n_below == 0;
	return r;
}

/* ---- what is made of other devices, or of none ----------------------- */

/* A missing attribute leaves the detail out. */
static int optional(int r)
{
	return is_fatal(r) ? r : 0;
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
	struct layer *l = layer_at(w);
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
	struct layer *l = layer_at(w);
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
	struct layer *l = layer_at(w);

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

static int look_at_disk(struct walk *w, const char *dir)
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
	layer_at(w)->kind = kind_by_subsystem(subsystem);
	if (layer_at(w)->kind == LAYER_UNKNOWN)
		layer_at(w)->detail = take_ptr(subsystem);
	return 0;
}

/* ---- all of them ----------------------------------------------------- */

static int read_number(const struct walk *w, const char *dir, struct layer *l)
{
	_cleanup_free_ char *number = NULL;
	int n = 0, r = sysfs_string(w->sysfs, dir, "dev", &number);

	if (r == 0 && sscanf(number, "%5u:%7u%n", &l->major, &l->minor, &n) == 2 && !number[n])
		l->numbered = true;
	return optional(r);
}

static int push_disk_of(struct walk *w, const char *partition)
{
	char *disk = path_parent(partition);

	layer_at(w)->kind = LAYER_PARTITION;
	return disk ? push(w, path_last(disk), disk) : -ENOMEM;
}

static int look(struct walk *w)
{
	const char *dir = w->dirs[w->at];
	struct nvme_name n;
	int r;

	if (!*dir)
		return -ENOENT;
	r = read_number(w, dir, layer_at(w));
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
		if (is_fatal(r))
			return r;
		layer_at(w)->unread = r < 0;
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
	r = push(&w, path_last(dir), dir);
	if (r == 0)
		r = look_at_all(&w);
	if (r < 0)
		return r;
	*ret = w.target;
	w.target = (struct block_target){};
	return 0;
}
