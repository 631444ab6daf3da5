/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "common/cleanup.h"
#include "common/pci.h"
#include "client/ctl.h"
#include "client/ctl_lend.h"
#include "client/say.h"

int lend_region(const struct lookup *l, const char *name, const struct p2pmem_region **ret)
{
	if (l->regions)
		return lookup_region(l, name, ret);
	problem("there is no region: no PCI function offers peer-to-peer memory");
	remedy("p2pmemctl doctor says what there is and what is missing");
	return STATUS_NO_HARDWARE;
}

static int in_dev(const char *name, char **ret)
{
	return asprintf(ret, "/dev/%s", name) < 0 ? no_memory() : STATUS_OK;
}

static int by_number(const struct lookup *l, const struct place *p, char **ret)
{
	for (const struct p2pmem_device *d = l->devices; d; d = d->next)
		for (const struct p2pmem_block_device *b = d->block_devices; b; b = b->next)
			if (b->major == p->major && b->minor == p->minor)
				return in_dev(b->name, ret);
	if (asprintf(ret, "/dev/block/%u:%u", p->major, p->minor) < 0)
		return no_memory();
	return STATUS_OK;
}

static int by_function(const struct lookup *l, const char *address, char **ret)
{
	const struct p2pmem_block_device *block = NULL;

	for (const struct p2pmem_device *d = l->devices; d; d = d->next)
		if (strcmp(d->address, address) == 0)
			block = d->block_devices;
	if (block && !block->next)
		return in_dev(block->name, ret);
	problem("%s has %s block device", address, block ? "more than one" : "no");
	remedy("name the block device or file to read: p2pmemctl list shows block devices");
	return block ? STATUS_USAGE : STATUS_NO_DEVICE;
}

static bool is_same(const char *a, const char *b)
{
	return a && strcmp(a, b) == 0;
}

/* A name that the broker knows comes before one of a file in the current folder. */
static bool is_listed(const struct lookup *l, const char *name)
{
	struct place place;

	for (const struct p2pmem_region *r = l->regions; r; r = r->next)
		if (is_same(r->name, name) || is_same(r->serial, name))
			return true;
	for (const struct p2pmem_device *d = l->devices; d; d = d->next) {
		if (is_same(d->serial, name))
			return true;
		for (const struct p2pmem_block_device *b = d->block_devices; b; b = b->next)
			if (is_same(b->name, name))
				return true;
	}
	return place_parse(name, &place);
}

int lend_path(const struct lookup *l, const char *name, char **ret)
{
	char address[PCI_ADDRESS_MAX];
	struct place place;
	struct stat st;
	int status;

	if (!is_listed(l, name) && stat(name, &st) == 0 && !S_ISCHR(st.st_mode)) {
		*ret = strdup(name);
		return *ret ? STATUS_OK : no_memory();
	}
	status = lookup_device(l, name, &place);
	if (status != STATUS_OK)
		return status;
	if (place.by_number)
		return by_number(l, &place, ret);
	return by_function(l, pci_address_format(&place.address, address), ret);
}

void lend_buffer_freep(struct p2pmem_buffer **buffer)
{
	p2pmem_buffer_free(*buffer);
}

void lend_io_freep(struct p2pmem_io **io)
{
	p2pmem_io_free(*io);
}

int lend_buffer(struct p2pmem_client *client, const struct p2pmem_region *region, int fd,
		uint64_t size, uint64_t unit, const char *name, struct p2pmem_buffer **ret)
{
	struct p2pmem_allocate_options options = {
		.struct_size = sizeof(options),
		.size = size,
		.min_size = unit,
		.fds = &fd,
		.n_fds = 1,
		.region = region->provider,
		.name = name,
	};
	int r = p2pmem_allocate(client, &options, ret);

	return r < 0 ? ctl_failure(client, r) : STATUS_OK;
}

static int status_of(const struct p2pmem_io *io, int error)
{
	const struct p2pmem_io_failure *f = p2pmem_io_last_failure(io);

	switch (error) {
	case -EREMOTEIO:
		return STATUS_NO_PATH;
	case -EINVAL:
		return f ? STATUS_NO_PATH : STATUS_FAILURE;
	case -EOPNOTSUPP:
		return STATUS_NO_DIRECT_IO;
	case -ENOSPC:
		return STATUS_TOO_SMALL;
	default:
		return f ? STATUS_IO : STATUS_FAILURE;
	}
}

int lend_io_failure(const struct p2pmem_io *io, int error)
{
	if (error == -ENOMEM)
		return no_memory();
	problem("%s", p2pmem_io_errmsg(io));
	if (p2pmem_io_error_remedy(io))
		remedy("%s", p2pmem_io_error_remedy(io));
	return status_of(io, error);
}

int lend_ended(const char *path, uint64_t offset)
{
	problem("%s ended at byte %" PRIu64 ": it was removed, or has become shorter meanwhile",
		path, offset);
	return STATUS_IO;
}
