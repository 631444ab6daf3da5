/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* pairs: which device reaches which region. */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/pci.h"
#include "client/ctl.h"
#include "client/ctl_pairs.h"
#include "client/lib_shape.h"
#include "client/names.h"
#include "client/say.h"
#include "client/origin.h"

struct options {
	bool json;
	bool all;
	const char *region; /* this one alone; NULL: all */
	const char *device;
};

/* -1: go on, otherwise the exit status to end with. */
static int parse_option(int c, char **argv, struct options *o)
{
	switch (c) {
	case 'h':
		verb_print_help(&verb_pairs);
		return STATUS_OK;
	case 'o':
		return parse_output(&verb_pairs, optarg, &o->json);
	case 'a':
		o->all = true;
		return -1;
	case 'r':
		o->region = optarg;
		return -1;
	case 'd':
		o->device = optarg;
		return -1;
	default:
		return option_problem(&verb_pairs, c, argv);
	}
}

static int parse_options(int argc, char **argv, struct options *o)
{
	static const struct option options[] = {
		{ "help", no_argument, NULL, 'h' },
		{ "output", required_argument, NULL, 'o' },
		{ "all", no_argument, NULL, 'a' },
		{ "region", required_argument, NULL, 'r' },
		{ "device", required_argument, NULL, 'd' },
		{},
	};
	int c, r;

	while ((c = getopt_long(argc, argv, ":ho:", options, NULL)) >= 0) {
		r = parse_option(c, argv, o);
		if (r >= 0)
			return r;
	}
	if (optind < argc) {
		problem("pairs takes no argument '%s'", argv[optind]);
		return usage_hint(&verb_pairs);
	}
	return -1;
}

/* ---- of one region or device ----------------------------------------- */

struct choice {
	const char *provider; /* NULL: any */
	bool has_place;
	struct place place;
	const struct p2pmem_device *devices;
};

static bool serves(const struct p2pmem_device *d, const struct place *p)
{
	for (const struct p2pmem_block_device *b = d->block_devices; b; b = b->next)
		if (b->major == p->major && b->minor == p->minor)
			return true;
	return false;
}

static bool is_at(const char *address, const struct place *p)
{
	struct p2pmem_pci_address a;

	return pci_address_parse(address, &a) == 0 && pci_address_equal(&a, &p->address);
}

static bool is_chosen(const struct p2pmem_pair *pair, const struct choice *c)
{
	if (c->provider && strcmp(c->provider, pair->provider) != 0)
		return false;
	if (!c->has_place)
		return true;
	if (!c->place.by_number)
		return is_at(pair->device, &c->place);
	for (const struct p2pmem_device *d = c->devices; d; d = d->next)
		if (strcmp(d->address, pair->device) == 0)
			return serves(d, &c->place);
	return false;
}

/* What is passed over stays where it is, as the list is one piece of memory. */
static struct p2pmem_pair *choose(struct p2pmem_pair *pairs, const struct choice *c)
{
	struct p2pmem_pair *first = NULL, **tail = &first;

	for (; pairs; pairs = pairs->next)
		if (is_chosen(pairs, c)) {
			*tail = pairs;
			tail = &pairs->next;
		}
	*tail = NULL;
	return first;
}

static int find_names(struct origin *s, const struct options *o, struct choice *c)
{
	_cleanup_list_ struct p2pmem_region *regions = NULL;
	struct names n = { .devices = c->devices, .tree = origin_tree(s) };
	const struct p2pmem_region *region = NULL;
	int status = origin_regions(s, &regions);

	n.regions = regions;
	if (status == STATUS_OK && o->region)
		status = names_region(&n, o->region, &region);
	if (status == STATUS_OK && o->device)
		status = names_device(&n, o->device, &c->place);
	if (status != STATUS_OK)
		return status;
	c->has_place = o->device;
	if (region) {
		c->provider = strdup(region->provider);
		return c->provider ? STATUS_OK : no_memory();
	}
	return STATUS_OK;
}

/* ---- all of it ------------------------------------------------------- */

static int print(const struct p2pmem_pair *pairs, const struct p2pmem_device *devices,
		 const struct options *o)
{
	if (o->json)
		return ctl_print_list("pairs", shape_write_list(&shape_pair, pairs));
	if (pairs)
		return print_pairs(pairs, devices, o->all);
	puts("No pairs: no region, or no device that could use one.");
	return STATUS_OK;
}

static int show(struct origin *s, const struct options *o)
{
	_cleanup_list_ struct p2pmem_pair *pairs = NULL;
	_cleanup_list_ struct p2pmem_device *devices = NULL;
	struct choice c = {};
	int status = origin_devices(s, &devices);

	c.devices = devices;
	if (status == STATUS_OK && (o->region || o->device))
		status = find_names(s, o, &c);
	if (status == STATUS_OK)
		status = origin_pairs(s, &pairs);
	if (status == STATUS_OK)
		status = print(choose(pairs, &c), devices, o);
	if (status == STATUS_OK && !pairs && !o->json)
		status = origin_say_why_none(s);
	free((char *)c.provider);
	return status;
}

static int run_pairs(int argc, char **argv)
{
	_cleanup_(origin_closep) struct origin *origin = NULL;
	struct options o = {};
	int r = parse_options(argc, argv, &o);

	if (r >= 0)
		return r;
	r = origin_open(&origin);
	return r == STATUS_OK ? show(origin, &o) : r;
}

const struct verb verb_pairs = {
	.name = "pairs",
	.arguments = "",
	.summary = "Shows which device reaches which region, and why not",
	.help = "Options:\n"
		"      --region REGION  only this region\n"
		"      --device DEVICE  only this device\n"
		"      --all            a line for each, however many there are\n"
		"  -o, --output FORMAT  'table' (default) or 'json'\n"
		"  -h, --help           this text\n\n"
		"Verdicts:\n"
		"  bus          behind one switch: transfers stay below it\n"
		"  bridge       through a host bridge that the kernel knows to pass them on\n"
		"  unsupported  no way; the number leads to the reason\n"
		"  unknown      could not be found out; treated as unsupported\n\n"
		"With more than 8 regions or 40 devices, those with equal verdicts share a line:\n"
		"(+3) says that it stands for three more, which are named below.\n",
	.takes_tree = true,
	.run = run_pairs,
};
