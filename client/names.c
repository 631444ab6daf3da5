/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/pci.h"
#include "client/ctl.h"
#include "client/lib.h"
#include "client/names.h"
#include "client/say.h"
#include "topology/block.h"

/* How many of several that are meant are listed. */
#define CANDIDATES_MAX 8

enum {
	FOUND = 0,
	NOT_FOUND = 1,
	AMBIGUOUS = 2,
};

/* ---- serial numbers -------------------------------------------------- */

static bool has_serial(const struct p2pmem_device *d, const char *serial)
{
	return d->serial && strcmp(d->serial, serial) == 0;
}

/* A block device that all functions of that serial number serve, and the only one each does. */
static const struct p2pmem_block_device *shared_block(const struct p2pmem_device *devices,
						      const char *serial)
{
	const struct p2pmem_block_device *shared = NULL;

	for (const struct p2pmem_device *d = devices; d; d = d->next) {
		const struct p2pmem_block_device *b = d->block_devices;

		if (!has_serial(d, serial))
			continue;
		if (!b || b->next ||
		    (shared && (b->major != shared->major || b->minor != shared->minor)))
			return NULL;
		shared = b;
	}
	return shared;
}

static void place_block(const struct p2pmem_block_device *b, struct place *ret)
{
	*ret = (struct place){ .by_number = true, .major = b->major, .minor = b->minor };
}

/* Both controllers of a drive with two have its number; then it is their block device. */
static int by_serial(const struct names *n, const char *serial, struct place *ret)
{
	const struct p2pmem_device *first = NULL;
	const struct p2pmem_block_device *shared;
	unsigned int count = 0;

	for (const struct p2pmem_device *d = n->devices; d; d = d->next)
		if (has_serial(d, serial)) {
			first = first ?: d;
			count++;
		}
	if (count == 0)
		return NOT_FOUND;
	if (count == 1)
		return place_parse(first->address, ret) ? FOUND : NOT_FOUND;
	shared = shared_block(n->devices, serial);
	if (!shared)
		return AMBIGUOUS;
	place_block(shared, ret);
	return FOUND;
}

static void say_candidates(const struct names *n, const char *serial)
{
	unsigned int said = 0;

	for (const struct p2pmem_device *d = n->devices; d; d = d->next) {
		_cleanup_free_ char *blocks = NULL;

		if (!has_serial(d, serial))
			continue;
		if (said++ == CANDIDATES_MAX) {
			detail("and more");
			return;
		}
		blocks = block_names(n->devices, d->address);
		detail("%s %s", d->address, blocks ?: "");
	}
}

static int ambiguous(const struct names *n, const char *serial)
{
	problem("several devices have the serial number %s", serial);
	say_candidates(n, serial);
	remedy("name one by its PCI address or its block device");
	return STATUS_USAGE;
}

/* ---- devices --------------------------------------------------------- */

static bool in_lists(const struct names *n, const char *name, struct place *ret)
{
	for (const struct p2pmem_region *r = n->regions; r; r = r->next)
		if (strcmp(r->name, name) == 0 && place_parse(r->provider, ret))
			return true;
	for (const struct p2pmem_device *d = n->devices; d; d = d->next)
		for (const struct p2pmem_block_device *b = d->block_devices; b; b = b->next)
			if (strcmp(b->name, name) == 0) {
				place_block(b, ret);
				return true;
			}
	return false;
}

/* What a tree has stands in /dev by the kernel's name, or the device mapper's. */
static const char *without_dev(const char *name)
{
	static const char *const folders[] = { "/dev/mapper/", "/dev/" };

	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++)
		if (strncmp(name, folders[i], strlen(folders[i])) == 0)
			return name + strlen(folders[i]);
	return name;
}

static int in_tree(const struct names *n, const char *name, struct place *ret)
{
	struct place p = { .by_number = true };
	int r = block_find(n->tree, name, &p.major, &p.minor);

	if (r == 0)
		*ret = p;
	if (r < 0 && r != -ENODEV && r != -ENOTUNIQ)
		return r;
	return r == 0 ? FOUND : NOT_FOUND;
}

static int not_in_tree(const char *name)
{
	problem("%s: there is no such device in this tree", name);
	remedy("name it by PCI address, by the kernel's name or by serial number; paths and links of "
	       "this machine do not count here");
	return STATUS_NO_DEVICE;
}

static int on_this_machine(const char *name, struct place *ret)
{
	struct failure f = {};
	int r = place_from_name(&f, name, ret);

	if (r < 0) {
		if (f.message)
			problem("%s", f.message);
		else
			problem("%s: %s", name, strerror(-r));
		if (f.remedy)
			remedy("%s", f.remedy);
		else if (r == -ENOENT)
			remedy("p2pmemctl list shows devices with names and serial numbers");
	}
	failure_clear(&f);
	return r < 0 ? STATUS_NO_DEVICE : STATUS_OK;
}

int names_device(const struct names *n, const char *name, struct place *ret)
{
	const char *plain = n->tree ? without_dev(name) : name;
	int r;

	if (place_parse(plain, ret) || in_lists(n, plain, ret))
		return STATUS_OK;
	r = n->tree ? in_tree(n, plain, ret) : NOT_FOUND;
	if (r == NOT_FOUND)
		r = by_serial(n, plain, ret);
	if (r < 0)
		return no_memory();
	if (r == FOUND)
		return STATUS_OK;
	if (r == AMBIGUOUS)
		return ambiguous(n, plain);
	return n->tree ? not_in_tree(name) : on_this_machine(name, ret);
}

/* ---- regions --------------------------------------------------------- */

static const struct p2pmem_region *region_at(const struct names *n,
					     const struct p2pmem_pci_address *address)
{
	char text[PCI_ADDRESS_MAX];

	pci_address_format(address, text);
	for (const struct p2pmem_region *r = n->regions; r; r = r->next)
		if (strcmp(r->provider, text) == 0)
			return r;
	return NULL;
}

static bool serves(const struct p2pmem_device *d, const struct place *p)
{
	for (const struct p2pmem_block_device *b = d->block_devices; b; b = b->next)
		if (b->major == p->major && b->minor == p->minor)
			return true;
	return false;
}

/*
 * The regions of a place: that of the function, or those of the functions that
 * serve the block device. How many; @ret is one of them.
 */
static unsigned int regions_of(const struct names *n, const struct place *p,
			       const struct p2pmem_region **ret)
{
	unsigned int count = 0;

	*ret = p->by_number ? NULL : region_at(n, &p->address);
	if (!p->by_number)
		return *ret != NULL;
	for (const struct p2pmem_device *d = n->devices; d; d = d->next) {
		struct p2pmem_pci_address address;
		const struct p2pmem_region *r;

		if (!serves(d, p) || pci_address_parse(d->address, &address) < 0)
			continue;
		r = region_at(n, &address);
		count += r != NULL;
		*ret = r ?: *ret;
	}
	return count;
}

static const struct p2pmem_region *region_named(const struct names *n, const char *name)
{
	for (const struct p2pmem_region *r = n->regions; r; r = r->next)
		if (strcmp(r->name, name) == 0)
			return r;
	return NULL;
}

/* A provider need not be a device that could be a client, but has a serial number as well. */
static unsigned int regions_by_serial(const struct names *n, const char *serial,
				      const struct p2pmem_region **ret)
{
	unsigned int count = 0;

	for (const struct p2pmem_region *r = n->regions; r; r = r->next)
		if (r->serial && strcmp(r->serial, serial) == 0) {
			*ret = r;
			count++;
		}
	return count;
}

/* Links of ours say the address, also where there is no /dev to look into. */
static const char *without_link(const char *name)
{
	static const char link[] = "/dev/p2pmem/by-path/pci-";

	return strncmp(name, link, strlen(link)) == 0 ? name + strlen(link) : name;
}

static int several_regions(const char *name)
{
	problem("%s stands for several regions", name);
	remedy("name one by its own name or its PCI address: p2pmemctl list");
	return STATUS_USAGE;
}

int names_region(const struct names *n, const char *name, const struct p2pmem_region **ret)
{
	const char *plain = without_link(name);
	const struct p2pmem_region *found = region_named(n, without_dev(plain));
	unsigned int count = found ? 1 : regions_by_serial(n, plain, &found);
	struct place p;
	int r;

	if (count == 0) {
		r = names_device(n, plain, &p);
		if (r != STATUS_OK)
			return r;
		count = regions_of(n, &p, &found);
	}
	if (count > 1)
		return several_regions(name);
	if (count == 0) {
		problem("%s has no peer-to-peer memory that the kernel knows", name);
		remedy("p2pmemctl list shows the regions there are");
		return STATUS_NO_DEVICE;
	}
	*ret = found;
	return STATUS_OK;
}
