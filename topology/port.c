/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdio.h>
#include <string.h>

#include "common/pci.h"
#include "topology/port.h"
#include "topology/sysfs.h"

/* A folder like 0000:00:1c.0:pcie110, of which the first digit is the type, from that of root ports. */
static int look_at(const char *name, void *userdata)
{
	struct topology_function *f = userdata;
	char address[PCI_ADDRESS_MAX];
	size_t n = strlen(pci_address_format(&f->address, address));
	unsigned int type, service;
	int end = 0;

	if (strncmp(name, address, n) != 0 ||
	    sscanf(name + n, ":pcie%1x%2x%n", &type, &service, &end) != 2 || name[n + (size_t)end])
		return 0;
	if (type > TOPOLOGY_TYPE_DOWNSTREAM - TOPOLOGY_TYPE_ROOT_PORT)
		return 0;
	f->type = (int)type + TOPOLOGY_TYPE_ROOT_PORT;
	return 1;
}

int port_read_type(int dir, struct topology_function *f)
{
	int r = sysfs_each_at(dir, ".", look_at, f);

	return sysfs_is_fatal(r) ? r : 0;
}
