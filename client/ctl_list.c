/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* list: the regions, and the devices that could use them. */
#include <stdio.h>
#include <json-c/json.h>

#include "common/cleanup.h"
#include "common/json.h"
#include "client/ctl.h"
#include "client/ctl_tables.h"
#include "client/say.h"
#include "client/size.h"
#include "client/table.h"

static void add_size(struct table *t, uint64_t size)
{
	char text[SIZE_TEXT_MAX];

	table_add(t, size_short(size, text));
}

static void add_headings(struct table *t, const char *const *headings)
{
	for (; *headings; headings++)
		table_add_coloured(t, COLOUR_BOLD, *headings);
}

int print_regions(const struct p2pmem_region *regions)
{
	static const char *const headings[] = { "REGION",   "PROVIDER", "SIZE",	 "FREE",   "LENT",
						"DRAINING", "DRIVER",	"MODEL", "SERIAL", NULL };
	_cleanup_(table_freep) struct table *t = table_new(9);

	if (!t)
		return no_memory();
	for (size_t i = 2; i < 6; i++)
		table_align_right(t, i);
	add_headings(t, headings);
	for (; regions; regions = regions->next) {
		table_add(t, regions->name);
		table_add(t, regions->provider);
		add_size(t, regions->size);
		add_size(t, regions->free);
		add_size(t, regions->allocated);
		add_size(t, regions->draining);
		table_add(t, regions->driver);
		table_add(t, regions->model);
		table_add(t, regions->serial);
	}
	return table_print(t, stdout) < 0 ? no_memory() : STATUS_OK;
}

static const char *queue_word(enum p2pmem_queue queue)
{
	switch (queue) {
	case P2PMEM_QUEUE_PEER_TO_PEER:
		return "yes";
	case P2PMEM_QUEUE_HOST_ONLY:
		return "no";
	default:
		return "unknown";
	}
}

static void add_device(struct table *t, const struct p2pmem_device *d,
		       const struct p2pmem_block_device *b)
{
	table_add(t, d->address);
	table_add(t, b ? b->name : NULL);
	if (b)
		add_size(t, b->size);
	else
		table_add(t, NULL);
	table_add(t, b ? queue_word(b->queue) : NULL);
	table_add(t, d->driver);
	table_add(t, d->model);
	table_add(t, d->serial);
}

static int print_devices(const struct p2pmem_device *devices)
{
	static const char *const headings[] = { "DEVICE", "BLOCK", "SIZE",   "P2P",
						"DRIVER", "MODEL", "SERIAL", NULL };
	_cleanup_(table_freep) struct table *t = table_new(7);

	if (!t)
		return no_memory();
	table_align_right(t, 2);
	add_headings(t, headings);
	for (; devices; devices = devices->next) {
		const struct p2pmem_block_device *b = devices->block_devices;

		do {
			add_device(t, devices, b);
			b = b ? b->next : NULL;
		} while (b);
	}
	return table_print(t, stdout) < 0 ? no_memory() : STATUS_OK;
}

static int region_to_json(const struct p2pmem_region *region, struct json_object **ret)
{
	_cleanup_json_ struct json_object *o = json_object_new_object();

	if (!o || json_add_string(o, "name", region->name) < 0 ||
	    json_add_string(o, "provider", region->provider) < 0 ||
	    json_add_string(o, "driver", region->driver) < 0 ||
	    json_add_int(o, "vendor", region->vendor) < 0 ||
	    json_add_int(o, "device", region->device) < 0 ||
	    json_add_string(o, "serial", region->serial) < 0 ||
	    json_add_string(o, "model", region->model) < 0 ||
	    json_add_int(o, "size", region->size) < 0 ||
	    json_add_int(o, "free", region->free) < 0 ||
	    json_add_int(o, "allocated", region->allocated) < 0 ||
	    json_add_int(o, "draining", region->draining) < 0 ||
	    json_add_int(o, "buffers", region->buffers) < 0 ||
	    (region->numa_node >= 0 && json_add_int(o, "numaNode", region->numa_node) < 0))
		return -ENOMEM;
	*ret = take_ptr(o);
	return 0;
}

static int block_to_json(const struct p2pmem_block_device *b, struct json_object **ret)
{
	_cleanup_json_ struct json_object *o = json_object_new_object();

	if (!o || json_add_string(o, "name", b->name) < 0 ||
	    json_add_int(o, "major", b->major) < 0 || json_add_int(o, "minor", b->minor) < 0 ||
	    json_add_int(o, "size", b->size) < 0 ||
	    json_add_int(o, "logicalBlockSize", b->logical_block_size) < 0)
		return -ENOMEM;
	if (b->queue != P2PMEM_QUEUE_UNKNOWN &&
	    json_add_bool(o, "peerToPeer", b->queue == P2PMEM_QUEUE_PEER_TO_PEER) < 0)
		return -ENOMEM;
	*ret = take_ptr(o);
	return 0;
}

static int blocks_to_json(const struct p2pmem_block_device *b, struct json_object **ret)
{
	_cleanup_json_ struct json_object *array = json_object_new_array();
	struct json_object *o;

	if (!array)
		return -ENOMEM;
	for (; b; b = b->next)
		if (block_to_json(b, &o) < 0 || json_append(array, o) < 0)
			return -ENOMEM;
	*ret = take_ptr(array);
	return 0;
}

static int device_to_json(const struct p2pmem_device *d, struct json_object **ret)
{
	_cleanup_json_ struct json_object *o = json_object_new_object();
	struct json_object *blocks;

	if (!o || json_add_string(o, "address", d->address) < 0 ||
	    json_add_string(o, "driver", d->driver) < 0 ||
	    json_add_int(o, "vendor", d->vendor) < 0 || json_add_int(o, "device", d->device) < 0 ||
	    json_add_string(o, "serial", d->serial) < 0 ||
	    json_add_string(o, "model", d->model) < 0 ||
	    (d->numa_node >= 0 && json_add_int(o, "numaNode", d->numa_node) < 0) ||
	    blocks_to_json(d->block_devices, &blocks) < 0 ||
	    json_add(o, "blockDevices", blocks) < 0)
		return -ENOMEM;
	*ret = take_ptr(o);
	return 0;
}

static int print_json(const struct p2pmem_region *regions, const struct p2pmem_device *devices)
{
	_cleanup_json_ struct json_object *root = ctl_json_new(), *r = json_object_new_array(),
					  *d = json_object_new_array();
	struct json_object *o;

	if (!root || !r || !d)
		return no_memory();
	for (; regions; regions = regions->next)
		if (region_to_json(regions, &o) < 0 || json_append(r, o) < 0)
			return no_memory();
	for (; devices; devices = devices->next)
		if (device_to_json(devices, &o) < 0 || json_append(d, o) < 0)
			return no_memory();
	if (json_add(root, "regions", take_ptr(r)) < 0 ||
	    json_add(root, "devices", take_ptr(d)) < 0)
		return no_memory();
	return ctl_print_json(root);
}

static int print_tables(const struct p2pmem_region *regions, const struct p2pmem_device *devices)
{
	int status = STATUS_OK;

	if (regions)
		status = print_regions(regions);
	else
		puts("No regions: no PCI function of this machine offers peer-to-peer memory.");
	if (status == STATUS_OK && devices) {
		putchar('\n');
		status = print_devices(devices);
	}
	return status;
}

static int run_list(int argc, char **argv)
{
	_cleanup_(client_freep) struct p2pmem_client *client = NULL;
	_cleanup_list_ struct p2pmem_region *regions = NULL;
	_cleanup_list_ struct p2pmem_device *devices = NULL;
	bool json = false;
	int r = parse_list_options(&verb_list, argc, argv, &json);

	if (r >= 0)
		return r;
	r = ctl_connect(&client);
	if (r != STATUS_OK)
		return r;
	r = p2pmem_list_regions(client, &regions);
	if (r >= 0)
		r = p2pmem_list_devices(client, &devices);
	if (r < 0)
		return ctl_failure(client, r);
	return json ? print_json(regions, devices) : print_tables(regions, devices);
}

const struct verb verb_list = {
	.name = "list",
	.arguments = "",
	.summary = "Lists regions of peer-to-peer memory, and devices that could use them",
	.help = "Options:\n"
		"  -o, --output FORMAT  'table' (default) or 'json'\n"
		"  -h, --help           this text\n\n"
		"LENT is what buffers of the p2pmem driver hold, DRAINING what nobody holds\n"
		"any more while transfers are in flight. P2P says whether the queue of a\n"
		"block device takes peer-to-peer memory.\n",
	.run = run_list,
};
