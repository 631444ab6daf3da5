/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * cdi: a specification of the Container Device Interface for the nodes of
 * regions, which bypass the broker. The broker itself needs none to be
 * printed: its own is the same everywhere, and comes with the package.
 *
 * It is for root to install, and runtimes do as root what it says. So nothing of
 * the broker's answer gets into it but numbers, in the form that they have to
 * have. And it has version 0.3.0, the lowest that runtimes take: a device's name
 * begins with a letter, and a node is called the same inside and outside.
 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/json.h"
#include "common/pci.h"
#include "client/ctl.h"
#include "client/names.h"
#include "client/say.h"

#define CDI_VERSION "0.3.0"
#define CDI_KIND "p2pmem.io/region"

/* Into an array @name of @o that has nothing else. */
static int add_only(struct json_object *o, const char *name, struct json_object *only)
{
	_cleanup_json_ struct json_object *array = json_object_new_array();

	if (!array) {
		json_object_put(only);
		return -ENOMEM;
	}
	if (json_append(array, only) < 0)
		return -ENOMEM;
	return json_add(o, name, take_ptr(array));
}

static struct json_object *edits_new(const char *path)
{
	_cleanup_json_ struct json_object *edits = json_object_new_object();
	_cleanup_json_ struct json_object *node = json_object_new_object();

	if (!edits || !node || json_add_string(node, "path", path) < 0 ||
	    json_add_string(node, "type", "c") < 0 ||
	    json_add_string(node, "permissions", "rw") < 0 ||
	    add_only(edits, "deviceNodes", take_ptr(node)) < 0)
		return NULL;
	return take_ptr(edits);
}

/* The name of a node in the driver's own form. */
static bool is_node(const char *name)
{
	static const char prefix[] = "p2pmem";
	size_t n = strlen(prefix), digits;

	if (strncmp(name, prefix, n) != 0)
		return false;
	digits = strspn(name + n, "0123456789");
	return digits > 0 && digits <= 9 && !name[n + digits];
}

/* -EBADMSG: it is none that the driver makes. */
static int add_device(struct json_object *devices, const struct p2pmem_region *region)
{
	_cleanup_json_ struct json_object *o = json_object_new_object();
	char name[sizeof("pci-") + PCI_ADDRESS_MAX], path[sizeof("/dev/p2pmem") + 10];
	struct p2pmem_pci_address address;
	char canonical[PCI_ADDRESS_MAX];

	if (!is_node(region->name) || pci_address_parse(region->provider, &address) < 0)
		return -EBADMSG;
	snprintf(name, sizeof(name), "pci-%s", pci_address_format(&address, canonical));
	snprintf(path, sizeof(path), "/dev/%s", region->name);
	if (!o || json_add_string(o, "name", name) < 0 ||
	    json_add(o, "containerEdits", edits_new(path)) < 0)
		return -ENOMEM;
	return json_append(devices, take_ptr(o));
}

static int say_bad(const struct p2pmem_region *region)
{
	problem("the broker calls a region '%s', of '%s', which the driver does not", region->name,
		region->provider);
	remedy("see whom p2pmemctl talks to: systemctl status p2pmemd.socket, $P2PMEM_SOCKET");
	return STATUS_FAILURE;
}

/* Is it among those that are named, or is none? All names are looked at, as any may be wrong. */
static int find_wanted(const struct names *names, char **wanted, const struct p2pmem_region *region,
		       bool *ret)
{
	*ret = !*wanted;
	for (; *wanted; wanted++) {
		const struct p2pmem_region *named;
		int r = names_region(names, *wanted, &named);

		if (r != STATUS_OK)
			return r;
		*ret |= named == region;
	}
	return STATUS_OK;
}

/* Each once, as no two devices may have one name. */
static int add_devices(struct json_object *devices, const struct names *names, char **wanted)
{
	for (const struct p2pmem_region *region = names->regions; region; region = region->next) {
		bool is_wanted;
		int r = find_wanted(names, wanted, region, &is_wanted);

		if (r != STATUS_OK)
			return r;
		r = is_wanted ? add_device(devices, region) : 0;
		if (r < 0)
			return r == -EBADMSG ? say_bad(region) : no_memory();
	}
	return STATUS_OK;
}

static int print_spec(const struct names *names, char **wanted)
{
	_cleanup_json_ struct json_object *spec = json_object_new_object();
	_cleanup_json_ struct json_object *devices = json_object_new_array();
	int r;

	if (!spec || !devices || json_add_string(spec, "cdiVersion", CDI_VERSION) < 0 ||
	    json_add_string(spec, "kind", CDI_KIND) < 0)
		return no_memory();
	r = add_devices(devices, names, wanted);
	if (r != STATUS_OK)
		return r;
	if (json_add(spec, "devices", take_ptr(devices)) < 0)
		return no_memory();
	return ctl_print_json(spec);
}

/* A specification without devices is none. */
static int say_none(void)
{
	problem("there is no region, so there is no node to give to a container");
	remedy("p2pmemctl doctor says why there is none");
	return STATUS_NO_HARDWARE;
}

static int parse(int argc, char **argv)
{
	static const struct option options[] = { { "help", no_argument, NULL, 'h' }, {} };
	int c;

	while ((c = getopt_long(argc, argv, ":h", options, NULL)) >= 0) {
		if (c != 'h')
			return option_problem(&verb_cdi, c, argv);
		verb_print_help(&verb_cdi);
		return STATUS_OK;
	}
	return -1;
}

static int run_cdi(int argc, char **argv)
{
	_cleanup_(client_freep) struct p2pmem_client *client = NULL;
	_cleanup_list_ struct p2pmem_region *regions = NULL;
	_cleanup_list_ struct p2pmem_device *devices = NULL;
	int r = parse(argc, argv);

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
	if (!regions)
		return say_none();
	return print_spec(&(struct names){ .regions = regions, .devices = devices }, argv + optind);
}

const struct verb verb_cdi = {
	.name = "cdi",
	.arguments = "[REGION...]",
	.summary = "Prints a CDI specification that gives containers the nodes of regions",
	.help = "Options:\n"
		"  -h, --help  this text\n\n"
		"Whoever has such a node bypasses the broker, its limits included. Containers\n"
		"that are to be lent memory get p2pmem.io/broker=default, which needs nothing\n"
		"printed. Nodes change their numbers across boots, so install it, as root,\n"
		"where it is gone after one, and print it anew when regions come or go:\n\n"
		"  p2pmemctl cdi > /run/cdi/p2pmem-region.json\n"
		"  podman run --device p2pmem.io/region=pci-0000:03:00.0 ...\n",
	.run = run_cdi,
};
