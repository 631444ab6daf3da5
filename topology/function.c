/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "common/cleanup.h"
#include "common/pci.h"
#include "topology/config.h"
#include "topology/function.h"
#include "topology/namespace.h"
#include "topology/port.h"
#include "topology/position.h"

#define PCI_DEVICES "bus/pci/devices"

/* Read at once of a live one; each further word asks the device. */
#define CONFIG_HEADER 64

int source_open(const struct sysfs *s, struct source *ret)
{
	int fd = sysfs_dir(s, PCI_DEVICES);

	if (fd < 0)
		return fd;
	*ret = (struct source){ .sysfs = s, .devices = fd };
	return 0;
}

void source_done(struct source *s)
{
	if (s->sysfs)
		close_fd(&s->devices);
}

int function_locate(const struct source *s, const struct p2pmem_pci_address *address,
		    char path[static PATH_MAX])
{
	char name[PCI_ADDRESS_MAX], target[PATH_MAX];
	struct position place;
	int r = sysfs_link_at(s->devices, pci_address_format(address, name), target,
			      sizeof(target));

	if (r == 0)
		r = path_follow(PCI_DEVICES, target, path, PATH_MAX);
	if (r == 0)
		r = position_parse(path, &place);
	if (r < 0)
		return r;
	if (path[place.self_length] || !pci_address_equal(&place.self, address))
		return -ENODEV;
	return 0;
}

static uint32_t read_number(const struct source *s, int dir, const char *name, uint32_t max)
{
	uint64_t value;

	return sysfs_u64_at(s->sysfs, dir, name, &value) < 0 || value > max ? 0 : (uint32_t)value;
}

static void read_config(const struct source *s, int dir, struct topology_function *f)
{
	_cleanup_close_ int fd = sysfs_attribute_at(s->sysfs, dir, "config");
	struct config c = { .fd = -1 };
	struct stat st;
	ssize_t n = -1;

	if (fd >= 0)
		n = read(fd, c.bytes, s->sysfs->live ? CONFIG_HEADER : sizeof(c.bytes));
	if (n > 0)
		c.n = (size_t)n;
	if (s->sysfs->live && n > 0 && fstat(fd, &st) == 0 && st.st_size > 0) {
		c.fd = fd;
		c.size = (size_t)st.st_size;
	}
	config_apply(&c, f);
}

/* A missing attribute is no reason to hide a function. */
static int optional(int r)
{
	return sysfs_is_fatal(r) ? r : 0;
}

static int read_attributes(const struct source *s, int dir, struct topology_function *f)
{
	bool has_class = sysfs_exists_at(dir, "class");
	int r;

	f->class = read_number(s, dir, "class", 0xffffff);
	f->vendor = (uint16_t)read_number(s, dir, "vendor", UINT16_MAX);
	f->device = (uint16_t)read_number(s, dir, "device", UINT16_MAX);
	if (sysfs_int_at(s->sysfs, dir, "numa_node", &f->numa_node) < 0 || f->numa_node < 0)
		f->numa_node = -1;
	read_config(s, dir, f);
	f->provider = sysfs_exists_at(dir, "p2pmem/size");
	r = optional(sysfs_link_name_at(dir, "driver", &f->driver));
	if (r == 0 && f->bridge && f->type == TOPOLOGY_TYPE_UNKNOWN)
		r = port_read_type(dir, f);
	if (r == 0)
		r = namespaces_read(s->sysfs, dir, f);
	/* What goes takes its attributes along, one by one. */
	return r == 0 && has_class && !sysfs_exists_at(dir, "class") ? -EAGAIN : r;
}

int function_read(const struct source *s, const char *path, struct topology_function **ret)
{
	_cleanup_close_ int dir = sysfs_dir_at(s->sysfs->fd, path);
	struct topology_function *f;
	struct position place;
	int r = dir < 0 ? dir : position_parse(path, &place);

	if (r < 0)
		return r;
	f = topology_function_new(&place.self);
	if (!f)
		return -ENOMEM;
	r = read_attributes(s, dir, f);
	if (r < 0)
		topology_function_free(f);
	else
		*ret = f;
	return r;
}

static bool is_below(const struct topology_function *parent, const struct position *place)
{
	return parent->root->domain == place->domain && parent->root->bus == place->bus;
}

/* The bridge that @place names, which is read if need be. */
static int find_parent(const struct source *s, struct topology *t, const char *path,
		       const struct position *place, struct topology_function **ret)
{
	_cleanup_free_ char *above = NULL;
	int r = 0;

	*ret = topology_find(t, &place->parent);
	if (*ret)
		return is_below(*ret, place) ? 0 : -ENODEV;
	above = strndup(path, place->parent_length);
	if (!above)
		return -ENOMEM;
	r = function_add(s, t, above);
	if (r < 0)
		return r;
	*ret = topology_find(t, &place->parent);
	return *ret && is_below(*ret, place) ? 0 : -ENODEV;
}

/* Takes @f over. */
static int add(struct topology *t, struct topology_function *f, const struct position *place,
	       struct topology_function *parent)
{
	f->root = parent ? parent->root : topology_root(t, place->domain, place->bus);
	f->parent = parent;
	if (!f->root) {
		topology_function_free(f);
		return -ENOMEM;
	}
	return topology_add(t, f);
}

int function_add(const struct source *s, struct topology *t, const char *path)
{
	struct topology_function *f = NULL, *parent = NULL;
	struct position place;
	int r = position_parse(path, &place);

	if (r < 0)
		return r;
	if (topology_find(t, &place.self))
		return 0;
	if (place.has_parent)
		r = find_parent(s, t, path, &place, &parent);
	if (r == 0 && t->n_functions >= FUNCTIONS_MAX)
		r = -E2BIG;
	if (r == 0)
		r = function_read(s, path, &f);
	return r < 0 ? r : add(t, f, &place, parent);
}
