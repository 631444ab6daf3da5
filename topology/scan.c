/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "common/array.h"
#include "common/cleanup.h"
#include "common/pci.h"
#include "topology/nvme.h"
#include "topology/scan.h"

#define PCI_DEVICES "bus/pci/devices"
#define SECTOR_SIZE 512 /* of the `size` attribute, whatever the device's blocks */

/* A function and the bridge above it, which may be read later than it. */
struct link {
	struct topology_function *function;
	struct p2pmem_pci_address parent;
};

/* What the directory walks carry along. */
struct scan {
	const struct sysfs *sysfs;
	struct topology *topology;
	struct topology_function *function;
	const char *dir; /* the one being walked */
	struct link *links; /* functions that have a bridge above them */
	size_t n_links;
};

/* A component like pci0000:00: where a host bridge's own hierarchy begins. */
static bool root_parse(const char *name, uint32_t *domain, uint8_t *bus)
{
	unsigned int d, b;
	int n = 0;

	if (sscanf(name, "pci%8x:%2x%n", &d, &b, &n) != 2 || name[n])
		return false;
	*domain = d;
	*bus = (uint8_t)b;
	return true;
}

/* What @path says of the place of the function that it leads to. */
struct place {
	bool has_root;
	uint32_t domain;
	uint8_t bus;
	bool has_parent;
	struct p2pmem_pci_address parent;
	struct p2pmem_pci_address self;
};

/*
 * Host bridges may hang below PCI functions, as those behind a VMD do; nothing
 * above the last one is on the way.
 */
static int place_parse(const char *path, struct place *ret)
{
	_cleanup_free_ char *copy = strdup(path);
	struct p2pmem_pci_address address;
	struct place p = {};
	bool has_self = false;
	char *position, *part;

	if (!copy)
		return -ENOMEM;
	for (part = strtok_r(copy, "/", &position); part; part = strtok_r(NULL, "/", &position)) {
		if (root_parse(part, &p.domain, &p.bus)) {
			p.has_root = true;
			p.has_parent = has_self = false;
		} else if (pci_address_parse(part, &address) == 0) {
			p.has_parent = has_self;
			p.parent = p.self;
			p.self = address;
			has_self = true;
		}
	}
	if (!has_self || !p.has_root)
		return -ENODEV;
	*ret = p;
	return 0;
}

static int read_block(const struct sysfs *s, const char *dir, struct topology_block *b)
{
	_cleanup_free_ char *dev = NULL;
	uint64_t sectors, block_size;

	if (sysfs_string(s, dir, "dev", &dev) < 0 ||
	    sscanf(dev, "%u:%u", &b->major, &b->minor) != 2 ||
	    sysfs_u64(s, dir, "size", &sectors) < 0 ||
	    sysfs_u64(s, dir, "queue/logical_block_size", &block_size) < 0)
		return -ENODEV;
	if (sectors > INT64_MAX / SECTOR_SIZE || block_size > UINT32_MAX)
		return -ERANGE;
	b->size = sectors * SECTOR_SIZE;
	b->logical_block_size = (uint32_t)block_size;
	return 0;
}

/* A path is listed as the head that it leads to, since that is what can be opened. */
static int add_namespace(const char *name, void *userdata)
{
	struct scan *scan = userdata;
	struct topology_function *f = scan->function;
	struct topology_block b = {};
	char disk[64], dir[PATH_MAX];
	struct nvme_name n;

	if (!nvme_name_parse(name, &n))
		return 0;
	snprintf(disk, sizeof(disk), "nvme%un%u", n.instance, n.ns);
	snprintf(dir, sizeof(dir), "class/block/%s", disk);
	if (read_block(scan->sysfs, dir, &b) < 0)
		return 0;
	b.name = strdup(disk);
	if (!b.name || array_push(f->blocks, f->n_blocks, b) < 0) {
		free(b.name);
		return -ENOMEM;
	}
	return 0;
}

/* A missing attribute is no reason to hide a device. */
static int optional(int r)
{
	return r == -ENOMEM ? r : 0;
}

static int add_controller(const char *name, void *userdata)
{
	struct scan *scan = userdata, inner = *scan;
	struct topology_function *f = scan->function;
	char dir[PATH_MAX];
	int r = 0;

	if (snprintf(dir, sizeof(dir), "%s/%s", scan->dir, name) >= (int)sizeof(dir))
		return 0;
	inner.dir = dir;
	if (!f->serial)
		r = optional(sysfs_string(scan->sysfs, dir, "serial", &f->serial));
	if (r == 0 && !f->model)
		r = optional(sysfs_string(scan->sysfs, dir, "model", &f->model));
	return r < 0 ? r : optional(sysfs_each(scan->sysfs, dir, add_namespace, &inner));
}

static uint16_t read_id(const struct sysfs *s, const char *dir, const char *name)
{
	uint64_t value;

	return sysfs_u64(s, dir, name, &value) < 0 || value > UINT16_MAX ? 0 : (uint16_t)value;
}

static int read_function(const struct scan *scan, const char *dir, struct place *ret_place)
{
	_cleanup_free_ char *real = NULL;
	const struct sysfs *s = scan->sysfs;
	struct topology_function *f = scan->function;
	uint64_t class;
	int r = sysfs_resolve(s, dir, "", &real);

	if (r < 0)
		return r;
	r = place_parse(real, ret_place);
	if (r < 0)
		return r;
	f->root = topology_root(scan->topology, ret_place->domain, ret_place->bus);
	if (!f->root)
		return -ENOMEM;
	f->vendor = read_id(s, dir, "vendor");
	f->device = read_id(s, dir, "device");
	if (sysfs_u64(s, dir, "class", &class) == 0 && class <= 0xffffff)
		f->class = (uint32_t)class;
	if (sysfs_int(s, dir, "numa_node", &f->numa_node) < 0 || f->numa_node < 0)
		f->numa_node = -1;
	f->provider = sysfs_exists(s, dir, "p2pmem/size");
	return optional(sysfs_link_name(s, dir, "driver", &f->driver));
}

static int add_function(const char *name, void *userdata)
{
	struct scan *scan = userdata, inner = *scan;
	struct p2pmem_pci_address address;
	struct place place = {};
	char dir[64], controllers[80];
	int r;

	if (pci_address_parse(name, &address) < 0)
		return 0;
	snprintf(dir, sizeof(dir), PCI_DEVICES "/%s", name);
	snprintf(controllers, sizeof(controllers), "%s/nvme", dir);
	inner.function = topology_function_new(&address);
	if (!inner.function)
		return -ENOMEM;
	inner.dir = controllers;
	r = read_function(&inner, dir, &place);
	if (r == 0)
		r = optional(sysfs_each(scan->sysfs, controllers, add_controller, &inner));
	if (r == 0 && place.has_parent) {
		struct link l = { inner.function, place.parent };

		r = array_push(scan->links, scan->n_links, l);
	}
	if (r < 0) {
		topology_function_free(inner.function);
		/* A device that went away while it was read is not there. */
		return optional(r);
	}
	return topology_add(scan->topology, inner.function);
}

static void link_parents(const struct scan *scan)
{
	for (size_t i = 0; i < scan->n_links; i++)
		scan->links[i].function->parent =
			topology_find(scan->topology, &scan->links[i].parent);
}

int topology_scan(const struct sysfs *s, struct topology *ret)
{
	struct topology t = {};
	struct scan scan = { .sysfs = s, .topology = &t, .dir = PCI_DEVICES };
	int r = sysfs_each(s, PCI_DEVICES, add_function, &scan);

	if (r == 0)
		link_parents(&scan);
	free(scan.links);
	if (r < 0 && r != -ENOENT) {
		topology_done(&t);
		return r;
	}
	*ret = t;
	return 0;
}

int topology_pool(const struct sysfs *s, const struct p2pmem_pci_address *provider,
		  uint64_t *ret_size, uint64_t *ret_free)
{
	char address[PCI_ADDRESS_MAX], dir[64];
	uint64_t size, available;
	int r;

	snprintf(dir, sizeof(dir), PCI_DEVICES "/%s/p2pmem", pci_address_format(provider, address));
	r = sysfs_u64(s, dir, "size", &size);
	if (r == 0)
		r = sysfs_u64(s, dir, "available", &available);
	if (r < 0)
		return r;
	if (size > INT64_MAX || available > size)
		return -ERANGE;
	*ret_size = size;
	*ret_free = available;
	return 0;
}
