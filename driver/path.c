// SPDX-License-Identifier: GPL-2.0-only
/*
 * The way between two functions: each of them, the bridges above them, and
 * the host bridges, with what each has and does of ACS.
 *
 * The functions are referenced by the caller, and with them what is above: a
 * function keeps its bus, and a bus its bridge. What a host bridge is to the
 * kernel, the first function on its root bus, is looked at without a lock, as
 * the kernel does: it is the last to go.
 */
#include <linux/pci.h>
#include <linux/slab.h>

#include "path.h"

#define REDIRECTS (PCI_ACS_RR | PCI_ACS_CR | PCI_ACS_EC)

static u32 hop_kind(struct pci_dev *port)
{
	switch (pci_is_pcie(port) ? pci_pcie_type(port) : -1) {
	case PCI_EXP_TYPE_ROOT_PORT:
		return P2PMEM_HOP_ROOT_PORT;
	case PCI_EXP_TYPE_UPSTREAM:
		return P2PMEM_HOP_UPSTREAM_PORT;
	case PCI_EXP_TYPE_DOWNSTREAM:
		return P2PMEM_HOP_DOWNSTREAM_PORT;
	default:
		return pci_is_bridge(port) ? P2PMEM_HOP_BRIDGE :
					     P2PMEM_HOP_ENDPOINT;
	}
}

static void read_acs(struct pci_dev *port, struct p2pmem_hop *hop)
{
	if (!port->acs_cap)
		return;
	hop->flags |= P2PMEM_HOP_ACS;
	pci_read_config_word(port, port->acs_cap + PCI_ACS_CAP,
			     &hop->acs_capability);
	pci_read_config_word(port, port->acs_cap + PCI_ACS_CTRL,
			     &hop->acs_control);
}

/* A function, and the flags of the sides it is on. */
static void add_port(struct p2pmem_path *path, struct pci_dev *port, u32 sides)
{
	struct p2pmem_hop *hop = &path->hops[path->count++];

	hop->size = sizeof(*hop);
	hop->kind = hop_kind(port);
	hop->flags = sides;
	p2pmem_pci_address_of(port, &hop->address);
	hop->vendor = port->vendor;
	hop->device = port->device;
	read_acs(port, hop);
}

/* The function on a root bus by which the kernel knows the host bridge. */
static struct pci_dev *host_bridge_function(struct pci_bus *bus)
{
	struct pci_dev *first = list_first_entry_or_null(
		&bus->devices, struct pci_dev, bus_list);

	if (first && (first->devfn == PCI_DEVFN(0, 0) ||
		      pci_pcie_type(first) == PCI_EXP_TYPE_ROOT_PORT))
		return first;
	return NULL;
}

static struct pci_bus *root_bus(struct pci_dev *pdev)
{
	struct pci_bus *bus = pdev->bus;

	/* Not by way of the host bridge, which forgets its bus when it goes. */
	while (bus->parent)
		bus = bus->parent;
	return bus;
}

static void add_host_bridge(struct p2pmem_path *path, struct pci_bus *bus,
			    u32 sides)
{
	struct p2pmem_hop *hop = &path->hops[path->count++];
	struct pci_dev *function = host_bridge_function(bus);

	hop->size = sizeof(*hop);
	hop->kind = P2PMEM_HOP_HOST_BRIDGE;
	hop->flags = sides;
	hop->address.domain = pci_domain_nr(bus);
	hop->address.bus = bus->number;
	if (function) {
		hop->address.devfn = function->devfn;
		hop->vendor = function->vendor;
		hop->device = function->device;
	}
}

static bool is_above(struct pci_dev *port, struct pci_dev *pdev)
{
	for (; pdev; pdev = pci_upstream_bridge(pdev))
		if (pdev == port)
			return true;
	return false;
}

/* From @pdev to its host bridge; what is also above @other has both sides. */
static void add_side(struct p2pmem_path *path, struct pci_dev *pdev,
		     struct pci_dev *other, u32 side, bool stop_at_common)
{
	const u32 both = P2PMEM_HOP_PROVIDER_SIDE | P2PMEM_HOP_CLIENT_SIDE;
	bool shared = root_bus(pdev) == root_bus(other);
	struct pci_dev *port;

	for (port = pdev; port; port = pci_upstream_bridge(port)) {
		bool common = is_above(port, other);

		if (common && stop_at_common)
			return;
		add_port(path, port, common ? both : side);
	}
	if (!shared || !stop_at_common)
		add_host_bridge(path, root_bus(pdev), shared ? both : side);
}

static unsigned int depth(struct pci_dev *pdev)
{
	unsigned int n = 0;

	for (; pdev; pdev = pci_upstream_bridge(pdev))
		n++;
	return n;
}

/**
 * p2pmem_path_find() - finds the way between two functions
 * @path: filled; to be freed with p2pmem_path_free()
 * @provider: the one whose memory it is
 * @client: the one that does the DMA
 *
 * Return: 0 or -ENOMEM.
 */
int p2pmem_path_find(struct p2pmem_path *path, struct pci_dev *provider,
		     struct pci_dev *client)
{
	path->count = 0;
	path->hops = kcalloc(depth(provider) + depth(client) + 2,
			     sizeof(*path->hops), GFP_KERNEL);
	if (!path->hops)
		return -ENOMEM;
	add_side(path, provider, client, P2PMEM_HOP_PROVIDER_SIDE, false);
	add_side(path, client, provider, P2PMEM_HOP_CLIENT_SIDE, true);
	return 0;
}

/**
 * p2pmem_path_free() - frees what was found
 * @path: the way
 */
void p2pmem_path_free(struct p2pmem_path *path)
{
	kfree(path->hops);
}

static bool is_common(const struct p2pmem_hop *hop)
{
	return (hop->flags & P2PMEM_HOP_PROVIDER_SIDE) &&
	       (hop->flags & P2PMEM_HOP_CLIENT_SIDE);
}

/**
 * p2pmem_path_turns() - whether requests turn below the host bridge
 * @path: the way
 *
 * They do at the first port that both sides share, if there is one, and if no
 * port up to there, nor that one itself, redirects them upwards.
 */
bool p2pmem_path_turns(const struct p2pmem_path *path)
{
	const struct p2pmem_hop *hop;
	bool turned = false;

	for (hop = path->hops; hop < path->hops + path->count; hop++) {
		/* What both share beyond the first one is not on the way. */
		if (turned && is_common(hop))
			continue;
		if (is_common(hop)) {
			if (hop->kind == P2PMEM_HOP_HOST_BRIDGE)
				return false;
			turned = true;
		}
		if (hop->acs_control & REDIRECTS)
			return false;
	}
	return turned;
}
