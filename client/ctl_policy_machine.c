/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What rules are about, found in sysfs: regions and devices. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#include "common/array.h"
#include "common/cleanup.h"
#include "common/pci.h"
#include "client/ctl_policy.h"
#include "client/lib.h"
#include "client/origin.h"
#include "client/place.h"
#include "client/say.h"
#include "topology/block.h"
#include "topology/regions.h"
#include "topology/scan.h"

int policy_machine_open(struct policy_machine *m)
{
	const char *captured = origin_tree_path();
	const char *root = captured ? NULL : "/sys";
	bool complete;
	int r;

	if (captured && tree_open(captured, &m->tree) < 0)
		return STATUS_FAILURE;
	root = root ?: m->tree.sysfs;
	r = sysfs_open(root, &m->sysfs);
	if (r == 0)
		r = topology_scan(&m->sysfs, &m->topology);
	if (r == 0)
		r = topology_regions(&m->sysfs, &m->regions, &m->n_regions, &complete);
	if (r == -ENOMEM)
		return no_memory();
	if (r == 0)
		return STATUS_OK;
	problem("cannot read %s: %s", root, strerror(-r));
	return STATUS_FAILURE;
}

void policy_machine_done(struct policy_machine *m)
{
	free(m->regions);
	topology_done(&m->topology);
	sysfs_done(&m->sysfs);
	if (m->tree.sysfs)
		tree_close(&m->tree);
}

const char *policy_region_name(const struct policy_machine *m, const struct topology_function *f,
			       char buf[static REGION_NAME_MAX])
{
	const struct p2pmem_region_info *region = NULL;

	for (size_t i = 0; i < m->n_regions; i++)
		if (pci_address_equal(&m->regions[i].provider, &f->address))
			region = &m->regions[i];
	return region_name(region, f, buf);
}

/* ---- regions --------------------------------------------------------- */

static bool is_called(const struct policy_machine *m, const struct topology_function *f,
		      const char *name)
{
	_cleanup_(object_name_done) struct object_name n = {};
	const struct object o = { f->address, f->serial };
	bool out_of_memory;
	char buf[REGION_NAME_MAX];

	if (strcmp(policy_region_name(m, f, buf), name) == 0)
		return true;
	return !object_name_parse(name, &n, &out_of_memory) && n.kind != OBJECT_ANY &&
	       object_names_cover(&(struct object_names){ &n, 1 }, &o);
}

int policy_find_region(const struct policy_machine *m, const char *name,
		       const struct topology_function **ret)
{
	for (size_t i = 0; i < m->topology.n_functions; i++) {
		const struct topology_function *f = m->topology.functions[i];

		if (f->provider && is_called(m, f, name)) {
			*ret = f;
			return STATUS_OK;
		}
	}
	problem("there is no region '%s'", name);
	remedy("name it as p2pmemctl list does, by the PCI address of its provider, or by serial "
	       "number");
	return STATUS_NO_DEVICE;
}

/* ---- devices --------------------------------------------------------- */

static int add_function(const struct policy_machine *m, const struct p2pmem_pci_address *address,
			struct object **devices, size_t *n)
{
	const struct topology_function *f = topology_find(&m->topology, address);
	struct object o = { *address, f ? f->serial : NULL };
	char text[PCI_ADDRESS_MAX];

	if (!f) {
		problem("there is no PCI function %s", pci_address_format(address, text));
		return STATUS_NO_DEVICE;
	}
	return array_push(*devices, *n, o) < 0 ? no_memory() : STATUS_OK;
}

static int add_block(const struct policy_machine *m, const char *name, const struct place *p,
		     struct object **devices, size_t *n)
{
	_cleanup_(block_target_done) struct block_target target = {};
	int r, status = STATUS_OK;
	struct utsname u;

	if (uname(&u) < 0)
		return STATUS_FAILURE;
	r = block_resolve(&m->sysfs, p->major, p->minor, u.release, &target);
	if (r == -ENOMEM)
		return no_memory();
	if (r < 0 || target.n_functions == 0) {
		problem("no PCI function can be found behind %s", name);
		return STATUS_NO_DEVICE;
	}
	for (size_t i = 0; status == STATUS_OK && i < target.n_functions; i++)
		status = add_function(m, &target.functions[i], devices, n);
	return status;
}

static const struct topology_function *by_serial(const struct policy_machine *m, const char *serial)
{
	for (size_t i = 0; i < m->topology.n_functions; i++) {
		const struct topology_function *f = m->topology.functions[i];

		if (f->serial && strcmp(f->serial, serial) == 0)
			return f;
	}
	return NULL;
}

int policy_add_device(const struct policy_machine *m, const char *name, struct object **devices,
		      size_t *n)
{
	struct place p = { .by_number = true };
	const struct topology_function *f;
	struct failure failure = {};
	int status;

	if (!place_parse(name, &p) && block_find(&m->sysfs, name, &p.major, &p.minor) < 0) {
		f = by_serial(m, name);
		if (f)
			return add_function(m, &f->address, devices, n);
		if (place_from_name(&failure, name, &p) < 0) {
			problem("%s", failure.message ?: "no such device");
			failure_clear(&failure);
			return STATUS_NO_DEVICE;
		}
	}
	status = p.by_number ? add_block(m, name, &p, devices, n) :
			       add_function(m, &p.address, devices, n);
	failure_clear(&failure);
	return status;
}
