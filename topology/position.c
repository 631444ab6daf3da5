/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "common/pci.h"
#include "topology/position.h"

/* One component as a string of its own; false: longer than any of PCI's. */
static bool component(const char *path, size_t n, char ret[static PCI_ADDRESS_MAX])
{
	if (n >= PCI_ADDRESS_MAX)
		return false;
	memcpy(ret, path, n);
	ret[n] = '\0';
	return true;
}

/* A component like pci0000:00: where a host bridge's own hierarchy begins. */
static bool root_parse(const char *name, struct position *p)
{
	struct p2pmem_pci_address first;
	char address[PCI_ADDRESS_MAX + sizeof(":00.0")];

	if (strncmp(name, "pci", 3) != 0 || !strchr(name, ':'))
		return false;
	snprintf(address, sizeof(address), "%s:00.0", name + 3);
	if (pci_address_parse(address, &first) < 0)
		return false;
	*p = (struct position){ .domain = first.domain, .bus = first.bus };
	return true;
}

/* As the kernel writes it, to the letter. */
static bool function_parse(const char *name, struct p2pmem_pci_address *ret)
{
	char canonical[PCI_ADDRESS_MAX];

	return pci_address_parse(name, ret) == 0 &&
	       strcmp(pci_address_format(ret, canonical), name) == 0;
}

static void add_function(struct position *p, const struct p2pmem_pci_address *a, size_t length)
{
	p->has_parent = p->self_length > 0;
	p->parent = p->self;
	p->parent_length = p->self_length;
	p->self = *a;
	p->self_length = length;
}

int position_parse(const char *path, struct position *ret)
{
	struct p2pmem_pci_address address;
	char name[PCI_ADDRESS_MAX];
	struct position p = {};
	bool has_root = false;

	for (const char *at = path; *at; at += strspn(at, "/")) {
		size_t n = strcspn(at, "/");
		bool known = component(at, n, name);

		at += n;
		if (known && root_parse(name, &p))
			has_root = true;
		else if (known && function_parse(name, &address))
			add_function(&p, &address, (size_t)(at - path));
	}
	/* A function elsewhere than in the domain of its root bus is made up. */
	if (!has_root || p.self_length == 0 || p.self.domain != p.domain)
		return -ENODEV;
	*ret = p;
	return 0;
}
