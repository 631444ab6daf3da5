/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/sysmacros.h>

#include "common/cleanup.h"
#include "common/pci.h"
#include "client/place.h"

/* A component of a path in /sys is an address only in full. */
static bool is_address(const char *component, struct p2pmem_pci_address *ret)
{
	char text[PCI_ADDRESS_MAX];

	return pci_address_parse(component, ret) == 0 &&
	       strcmp(pci_address_format(ret, text), component) == 0;
}

/* The function nearest above. Cuts @path down on the way. */
static int function_above(char *path, struct place *ret)
{
	for (char *slash; (slash = strrchr(path, '/')); *slash = '\0')
		if (is_address(slash + 1, &ret->address))
			return 0;
	return -ENODEV;
}

static int read_number(const char *path, struct place *ret)
{
	_cleanup_fclose_ FILE *f = fopen(path, "re");

	ret->by_number = true;
	return f && fscanf(f, "%u:%u", &ret->major, &ret->minor) == 2 ? 0 : -ENODEV;
}

/* ngXnY is the namespace nvmeXnY, whose paths are for the broker to find. */
static int block_device_of(const char *sys, const char *generic, struct place *ret)
{
	_cleanup_free_ char *path = NULL;
	unsigned int instance, ns;
	int end = 0;

	if (sscanf(generic, "ng%9un%9u%n", &instance, &ns, &end) != 2 || generic[end])
		return -ENODEV;
	if (asprintf(&path, "%s/class/block/nvme%un%u/dev", sys, instance, ns) < 0) {
		path = NULL;
		return -ENOMEM;
	}
	return read_number(path, ret);
}

int place_from_chardev(const char *sys, dev_t device, struct place *ret)
{
	_cleanup_free_ char *link = NULL, *path = NULL;
	struct place p = {};
	int r;

	if (asprintf(&link, "%s/dev/char/%u:%u", sys, major(device), minor(device)) < 0) {
		link = NULL;
		return -ENOMEM;
	}
	path = realpath(link, NULL);
	if (!path)
		return errno == ENOMEM ? -ENOMEM : -ENODEV;
	r = block_device_of(sys, strrchr(path, '/') + 1, &p);
	if (r == -ENODEV) {
		p = (struct place){};
		r = function_above(path, &p);
	}
	if (r == 0)
		*ret = p;
	return r;
}
