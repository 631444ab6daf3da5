/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "common/array.h"
#include "common/cleanup.h"
#include "common/pci.h"
#include "topology/regions.h"

#define REGION_DEVICES "bus/p2pmem/devices"

struct search {
	const struct sysfs *sysfs;
	struct p2pmem_region_info *list;
	size_t n;
	bool complete;
};

/* p2pmemN, and nothing else. */
static bool number_parse(const char *name, unsigned int *ret)
{
	char again[32];

	if (sscanf(name, "p2pmem%9u", ret) != 1)
		return false;
	snprintf(again, sizeof(again), "p2pmem%u", *ret);
	return strcmp(again, name) == 0;
}

/* A region lies below its provider. */
static int read_provider(const struct sysfs *s, const char *dir, struct p2pmem_pci_address *ret)
{
	_cleanup_free_ char *real = NULL, *parent = NULL;
	int r = sysfs_resolve(s, dir, "", &real);

	if (r < 0)
		return r;
	parent = path_parent(real);
	return parent ? pci_address_parse(path_last(parent), ret) : -ENOMEM;
}

static bool read_buffers(const struct sysfs *s, const char *dir, struct p2pmem_region_info *i)
{
	uint64_t allocated, draining, buffers;

	if (sysfs_u64(s, dir, "allocated", &allocated) < 0 ||
	    sysfs_u64(s, dir, "draining", &draining) < 0 ||
	    sysfs_u64(s, dir, "buffers", &buffers) < 0)
		return false;
	/* More than any pool has; what is added up later stays in range. */
	if (allocated > INT64_MAX / 2 || draining > INT64_MAX / 2 || buffers > UINT32_MAX)
		return false;
	i->allocated = allocated;
	i->draining = draining;
	i->buffers = (uint32_t)buffers;
	return true;
}

static int add_region(const char *name, void *userdata)
{
	struct search *search = userdata;
	struct p2pmem_region_info i = { .size = sizeof(i), .numa_node = -1 };
	char dir[sizeof(REGION_DEVICES) + 32];
	int r;

	if (!number_parse(name, &i.region))
		return 0;
	snprintf(dir, sizeof(dir), REGION_DEVICES "/%s", name);
	r = read_provider(search->sysfs, dir, &i.provider);
	if (r < 0)
		return sysfs_is_fatal(r) ? r : 0;
	if (!read_buffers(search->sysfs, dir, &i))
		search->complete = false;
	return array_push(search->list, search->n, i);
}

int topology_regions(const struct sysfs *s, struct p2pmem_region_info **ret, size_t *ret_n,
		     bool *ret_complete)
{
	struct search search = { .sysfs = s, .complete = true };
	int r = sysfs_each(s, REGION_DEVICES, add_region, &search);

	if (r == -ENOENT)
		search.complete = !sysfs_exists(s, "module", "p2pmem");
	else if (r < 0) {
		free(search.list);
		return r;
	}
	*ret = search.list;
	*ret_n = search.n;
	*ret_complete = search.complete;
	return 0;
}
