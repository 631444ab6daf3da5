/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* list: the regions, and the devices that could use them. */
#include <stdio.h>
#include <json-c/json.h>

#include "common/cleanup.h"
#include "common/json.h"
#include "client/ctl.h"
#include "client/ctl_tables.h"
#include "client/lib_shape.h"
#include "client/say.h"
#include "client/size.h"
#include "client/origin.h"
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

static void add_optional_size(struct table *t, const char *before, int64_t size)
{
	char text[SIZE_TEXT_MAX];

	if (size < 0)
		table_add(t, NULL);
	else
		table_addf(t, "%s%s", before, size_short((uint64_t)size, text));
}

static void add_region(struct table *t, const struct p2pmem_region *r)
{
	table_add(t, r->name);
	table_add(t, r->provider);
	add_size(t, r->size);
	add_size(t, r->free);
	add_optional_size(t, "~", r->largest_estimate);
	add_size(t, r->allocated);
	add_size(t, r->draining);
	add_optional_size(t, "", r->held_by_others);
	if (r->numa_node >= 0)
		table_addf(t, "%d", r->numa_node);
	else
		table_add(t, NULL);
	table_add(t, r->driver);
	table_add(t, r->model);
	table_add(t, r->serial);
}

/* Behind the table, as it is a state of few regions, and calls for a remedy. */
static void print_drained(const struct p2pmem_region *regions)
{
	for (; regions; regions = regions->next)
		if (regions->drained == P2PMEM_ANSWER_YES)
			say(stdout,
			    "%s is drained: nothing is lent from it until p2pmemctl undrain %s",
			    regions->name, regions->provider);
}

int print_regions(const struct p2pmem_region *regions)
{
	static const char *const headings[] = { "REGION", "PROVIDER", "SIZE",	"FREE", "LARGEST",
						"LENT",	  "DRAINING", "OTHERS", "NUMA", "DRIVER",
						"MODEL",  "SERIAL",   NULL };
	_cleanup_(table_freep) struct table *t = table_new(12);

	if (!t)
		return no_memory();
	for (size_t i = 2; i < 9; i++)
		table_align_right(t, i);
	add_headings(t, headings);
	for (const struct p2pmem_region *r = regions; r; r = r->next)
		add_region(t, r);
	if (table_print(t, stdout) < 0)
		return no_memory();
	print_drained(regions);
	return STATUS_OK;
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

static int print_json(const struct p2pmem_region *regions, const struct p2pmem_device *devices)
{
	_cleanup_json_ struct json_object *root = ctl_json_new();

	if (!root || json_add(root, "regions", shape_write_list(&shape_region, regions)) < 0 ||
	    json_add(root, "devices", shape_write_list(&shape_device, devices)) < 0)
		return no_memory();
	return ctl_print_json(root);
}

static int print_tables(const struct p2pmem_region *regions, const struct p2pmem_device *devices)
{
	int status = STATUS_OK;

	if (regions)
		status = print_regions(regions);
	else
		puts("No regions: no PCI function offers peer-to-peer memory.");
	if (status == STATUS_OK && devices) {
		putchar('\n');
		status = print_devices(devices);
	}
	return status;
}

static int run_list(int argc, char **argv)
{
	_cleanup_(origin_closep) struct origin *origin = NULL;
	_cleanup_list_ struct p2pmem_region *regions = NULL;
	_cleanup_list_ struct p2pmem_device *devices = NULL;
	bool json = false;
	int r = parse_list_options(&verb_list, argc, argv, &json);

	if (r >= 0)
		return r;
	r = origin_open(&origin);
	if (r == STATUS_OK)
		r = origin_regions(origin, &regions);
	if (r == STATUS_OK)
		r = origin_devices(origin, &devices);
	if (r != STATUS_OK)
		return r;
	if (json)
		return print_json(regions, devices);
	r = print_tables(regions, devices);
	return r == STATUS_OK && !regions ? origin_say_why_none(origin) : r;
}

const struct verb verb_list = {
	.name = "list",
	.arguments = "",
	.summary = "Lists regions of peer-to-peer memory, and devices that could use them",
	.help = "Options:\n"
		"  -o, --output FORMAT  'table' (default) or 'json'\n"
		"  -h, --help           this text\n\n"
		"LARGEST estimates what may be had in one piece. LENT is what buffers of the\n"
		"p2pmem driver hold, DRAINING what nobody holds any more while transfers are\n"
		"in flight, OTHERS what is in other hands: queues of the NVMe driver, nvmet,\n"
		"users of the kernel's own sysfs file. P2P says whether the queue of a block\n"
		"device takes peer-to-peer memory.\n",
	.takes_tree = true,
	.run = run_list,
};
