/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/pci.h"
#include "topology/function.h"
#include "topology/scan.h"

/* A function that changes each time it is looked at is left out. */
#define READS_MAX 3

#define CPU_VENDOR_AMD 2U /* as x86 kernels number them */

struct scan {
	struct source source;
	struct topology *topology;
};

/* One of bus/pci/devices. */
static int scan_function(const char *name, void *userdata)
{
	const struct scan *scan = userdata;
	struct p2pmem_pci_address address;
	char path[PATH_MAX];
	int r = -EAGAIN;

	if (pci_address_parse(name, &address) < 0)
		return 0;
	for (int i = 0; r == -EAGAIN && i < READS_MAX; i++) {
		r = function_locate(&scan->source, &address, path);
		if (r == 0)
			r = function_add(&scan->source, scan->topology, path);
	}
	/* What went away while it was read is not there. */
	return sysfs_is_fatal(r) ? r : 0;
}

/* "cpu:type:x86,ven0002fam0019mod0001:feature:..." */
static int read_cpu(const struct sysfs *s, struct topology_cpu *ret)
{
	_cleanup_free_ char *text = NULL;
	unsigned int vendor, family;
	int r = sysfs_string(s, "devices/system/cpu", "modalias", &text);

	if (r < 0)
		return sysfs_is_fatal(r) ? r : 0;
	if (sscanf(text, "cpu:type:x86,ven%4xfam%4xmod", &vendor, &family) == 2)
		*ret = (struct topology_cpu){
			.known = true,
			.amd = vendor == CPU_VENDOR_AMD,
			.family = family,
		};
	else if (strncmp(text, "cpu:type:", 9) == 0 && strncmp(text + 9, "x86", 3) != 0)
		ret->known = true;
	return 0;
}

static int scan_all(const struct sysfs *s, struct topology *t)
{
	_cleanup_(source_done) struct source source = {};
	struct scan scan = { .topology = t };
	int r = read_cpu(s, &t->cpu);

	if (r == 0)
		r = source_open(s, &source);
	if (r < 0)
		return r == -ENOENT ? 0 : r;
	scan.source = source;
	return sysfs_each_at(source.devices, ".", scan_function, &scan);
}

int topology_scan(const struct sysfs *s, struct topology *ret)
{
	_cleanup_(topology_done) struct topology t = {};
	int r = scan_all(s, &t);

	if (r < 0)
		return r;
	*ret = t;
	t = (struct topology){};
	return 0;
}

int topology_pool_open(const struct sysfs *s, const struct p2pmem_pci_address *provider)
{
	char address[PCI_ADDRESS_MAX], path[64];

	snprintf(path, sizeof(path), "bus/pci/devices/%s/p2pmem",
		 pci_address_format(provider, address));
	return sysfs_dir(s, path);
}

int topology_pool_read(const struct sysfs *s, int dir, uint64_t *ret_size, uint64_t *ret_free)
{
	uint64_t size, available;
	int r = sysfs_u64_at(s, dir, "size", &size);

	if (r == 0)
		r = sysfs_u64_at(s, dir, "available", &available);
	if (r < 0)
		return r;
	if (size > INT64_MAX || available > size)
		return -ERANGE;
	*ret_size = size;
	*ret_free = available;
	return 0;
}

int topology_pool(const struct sysfs *s, const struct p2pmem_pci_address *provider,
		  uint64_t *ret_size, uint64_t *ret_free)
{
	_cleanup_close_ int dir = topology_pool_open(s, provider);

	return dir < 0 ? dir : topology_pool_read(s, dir, ret_size, ret_free);
}
