/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "common/array.h"
#include "common/cleanup.h"
#include "client/machine.h"

#define PCI_DEVICES "bus/pci/devices"
#define CLASS_NVME 0x0108

struct look {
	const struct sysfs *sysfs;
	struct machine *machine;
	struct machine_function *function;
	char dir[PATH_MAX];
};

static void function_clear(struct machine_function *f)
{
	free(f->driver);
	free(f->iommu);
}

void machine_clear_functions(struct machine *m)
{
	for (size_t i = 0; i < m->n_functions; i++)
		function_clear(&m->functions[i]);
	free(m->functions);
	m->functions = NULL;
	m->n_functions = 0;
}

/* What the NVMe driver prints of CMBSZ: bits 11:8 are the unit, above 11 how many of it. */
static uint64_t cmb_size(const struct sysfs *s, const char *dir)
{
	_cleanup_free_ char *text = NULL;
	const char *value;
	unsigned int cmbsz;

	if (sysfs_string(s, dir, "cmb", &text) < 0)
		return 0;
	value = strstr(text, "cmbsz");
	if (!value || sscanf(value, "cmbsz : %x", &cmbsz) != 1)
		return 0;
	if ((cmbsz >> 8 & 0xf) > 6)
		return 0;
	return (uint64_t)(cmbsz >> 12) << (12 + 4 * (cmbsz >> 8 & 0xf));
}

static int look_at_controller(const char *name, void *userdata)
{
	struct look *l = userdata;
	char dir[PATH_MAX];

	if (snprintf(dir, sizeof(dir), "%s/nvme/%s", l->dir, name) >= (int)sizeof(dir) ||
	    !sysfs_exists(l->sysfs, dir, "cmb"))
		return 0;
	l->function->cmb = true;
	l->function->cmb_size = cmb_size(l->sysfs, dir);
	return 0;
}

static void look_at_controllers(struct look *l)
{
	char dir[PATH_MAX];

	if (snprintf(dir, sizeof(dir), "%s/nvme", l->dir) < (int)sizeof(dir))
		sysfs_each(l->sysfs, dir, look_at_controller, l);
}

static int look_for_region(const char *name, void *userdata)
{
	struct look *l = userdata;
	unsigned int number;
	int n = 0;

	if (sscanf(name, "p2pmem%u%n", &number, &n) == 1 && !name[n])
		l->function->region = true;
	return 0;
}

static void look_at_memory(struct look *l)
{
	struct machine_function *f = l->function;
	uint64_t published;

	f->provider = sysfs_exists(l->sysfs, l->dir, "p2pmem");
	if (!f->provider)
		return;
	/* Those of before the attribute say nothing; all of them publish. */
	f->published = sysfs_u64(l->sysfs, l->dir, "p2pmem/published", &published) < 0 || published;
	if (sysfs_u64(l->sysfs, l->dir, "p2pmem/size", &f->size) < 0)
		f->size = 0;
	sysfs_each(l->sysfs, l->dir, look_for_region, l);
}

static bool is_nvme(const struct look *l)
{
	uint64_t class;

	return sysfs_u64(l->sysfs, l->dir, "class", &class) == 0 && class >> 8 == CLASS_NVME;
}

static int look_at_iommu(struct look *l)
{
	struct machine_function *f = l->function;
	_cleanup_free_ char *group = NULL;
	int r = sysfs_resolve(l->sysfs, l->dir, "iommu_group", &group);

	if (r == -ENOENT || r == -ENOMEM)
		return r == -ENOMEM ? r : 0;
	if (r == 0)
		r = sysfs_string(l->sysfs, group, "type", &f->iommu);
	f->iommu_unknown = r < 0;
	return r == -ENOMEM ? r : 0;
}

static int look_at_rest(struct look *l)
{
	struct machine_function *f = l->function;
	int r = sysfs_link_name(l->sysfs, l->dir, "driver", &f->driver);

	if (r == -ENOMEM)
		return r;
	if (f->nvme)
		look_at_controllers(l);
	/* The NVMe driver makes such memory of nothing else; "cmb" may not have been captured. */
	f->cmb = f->cmb || (f->nvme && f->provider);
	return look_at_iommu(l);
}

static void count(struct machine *m, const struct machine_function *f)
{
	m->nvme_drives += f->nvme;
	m->cmb_drives += f->cmb;
	m->providers += f->provider;
}

static int look_at_function(const char *name, void *userdata)
{
	struct look *l = userdata;
	struct p2pmem_pci_address address;
	struct machine_function f = {};
	int r;

	if (pci_address_parse(name, &address) < 0)
		return 0;
	pci_address_format(&address, f.address);
	snprintf(l->dir, sizeof(l->dir), PCI_DEVICES "/%s", name);
	l->function = &f;
	f.nvme = is_nvme(l);
	look_at_memory(l);
	if (!f.nvme && !f.provider)
		return 0;
	r = look_at_rest(l);
	if (r == 0)
		r = array_push(l->machine->functions, l->machine->n_functions, f);
	if (r < 0)
		function_clear(&f);
	else
		count(l->machine, &f);
	return r;
}

int machine_look_at_functions(const struct sysfs *s, struct machine *m)
{
	struct look l = { .sysfs = s, .machine = m };
	int r = sysfs_each(s, PCI_DEVICES, look_at_function, &l);

	return r == -ENOMEM ? r : 0;
}
