/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* undrain: lends from a region again. */
#include <getopt.h>
#include <stdio.h>

#include "common/cleanup.h"
#include "common/pci.h"
#include "client/ctl.h"
#include "client/names.h"
#include "client/say.h"

static int parse(int argc, char **argv)
{
	static const struct option options[] = { { "help", no_argument, NULL, 'h' }, {} };
	int c;

	while ((c = getopt_long(argc, argv, ":h", options, NULL)) >= 0) {
		if (c != 'h')
			return option_problem(&verb_undrain, c, argv);
		verb_print_help(&verb_undrain);
		return STATUS_OK;
	}
	if (argc - optind == 1)
		return -1;
	problem("undrain takes one region");
	return usage_hint(&verb_undrain);
}

static int undrain(struct p2pmem_client *client, const char *region)
{
	int r = p2pmem_undrain(client, region);

	if (r < 0)
		return ctl_failure(client, r);
	printf("%s is lent from again.\n", region);
	return STATUS_OK;
}

static int run_undrain(int argc, char **argv)
{
	_cleanup_(client_freep) struct p2pmem_client *client = NULL;
	_cleanup_list_ struct p2pmem_region *regions = NULL;
	_cleanup_list_ struct p2pmem_device *devices = NULL;
	const struct p2pmem_region *region;
	struct p2pmem_pci_address address;
	char canonical[PCI_ADDRESS_MAX];
	int r = parse(argc, argv);

	if (r >= 0)
		return r;
	r = ctl_connect(&client);
	if (r != STATUS_OK)
		return r;
	/* A device that was taken out is in no list. */
	if (pci_address_parse(argv[optind], &address) == 0)
		return undrain(client, pci_address_format(&address, canonical));
	r = p2pmem_list_regions(client, &regions);
	if (r >= 0)
		r = p2pmem_list_devices(client, &devices);
	if (r < 0)
		return ctl_failure(client, r);
	r = names_region(&(struct names){ .regions = regions, .devices = devices }, argv[optind],
			 &region);
	return r == STATUS_OK ? undrain(client, region->provider) : r;
}

const struct verb verb_undrain = {
	.name = "undrain",
	.arguments = "REGION",
	.summary = "Lends from a drained region again",
	.help = "Options:\n"
		"  -h, --help  this text\n\n"
		"A region whose device is gone is named by the device's PCI address.\n",
	.run = run_undrain,
};
