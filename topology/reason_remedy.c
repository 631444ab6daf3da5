/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What can be done about the cause of a verdict on a path, and what that costs. */
#include "common/pci.h"
#include "topology/allow_list.h"
#include "topology/reason_path.h"

#define DOMAIN_BEYOND_FIRMWARE 0x10000 /* the kernel numbers those of VMD from here on */

#define PORTS_MAX 4 /* in a command */

#define MOVE "Move one of the cards, so that both are in slots below one PCIe switch"
#define LOAD "Load the p2pmem driver (modprobe p2pmem)"

/* ---- ACS ------------------------------------------------------------- */

static void write_addresses(const struct reason_case *c, const char *before, const char *after,
			    const char *between, FILE *f)
{
	char address[PCI_ADDRESS_MAX];
	const char *separator = "";

	for (size_t i = 0; i < c->path->n_hops; i++) {
		const struct p2pmem_hop *hop = &c->path->hops[i];

		if (!reason_port_is(c, hop, REASON_PORTS_REDIRECTING))
			continue;
		fprintf(f, "%s%s%s%s", separator, before,
			pci_address_format(&hop->address, address), after);
		separator = between;
	}
}

static void write_unread(const struct reason_case *c, FILE *f)
{
	size_t n = reason_count_ports(c, REASON_PORTS_UNREAD);

	if (n > 0)
		fprintf(f,
			" The ACS of %zu port%s on the way could not be read, and may redirect as "
			"well: ask again as root.",
			n, n == 1 ? "" : "s");
}

/* All ports are named, however many: the parameter has to be complete. */
static void write_acs_remedy(const struct reason_case *c, FILE *f)
{
	if (reason_count_ports(c, REASON_PORTS_REDIRECTING) == 0) {
		fputs("Ask again as root, to see which ports to boot with "
		      "pci=disable_acs_redir= for.",
		      f);
		return;
	}
	fputs("Boot with the kernel parameter pci=disable_acs_redir=", f);
	write_addresses(c, "", "", ";", f);
	if (reason_count_ports(c, REASON_PORTS_REDIRECTING) > 1)
		fputs(" (in quotes where GRUB reads it, for the semicolons)", f);
	fputs(". It acts at boot only. To try it now, as root: setpci", f);
	if (reason_count_ports(c, REASON_PORTS_REDIRECTING) > PORTS_MAX)
		fputs(" -s PORT ECAP_ACS+6.w=0:2c with each of these ports", f);
	else
		write_addresses(c, " -s ", " ECAP_ACS+6.w=0:2c", "", f);
	fputs("; a reset of the port or a reboot undoes that.", f);
	write_unread(c, f);
}

/* ---- host bridges ---------------------------------------------------- */

static bool any_bridge(const struct reason_case *c,
		       bool (*test)(const struct reason_case *c, const struct p2pmem_hop *bridge))
{
	return test(c, c->findings.bridges[0]) || test(c, c->findings.bridges[1]);
}

static bool is_vmd(const struct reason_case *c, const struct p2pmem_hop *bridge)
{
	return bridge->address.domain >= DOMAIN_BEYOND_FIRMWARE;
}

/* Would it do if both were below it? */
static bool is_enough_alone(const struct reason_case *c, const struct p2pmem_hop *bridge)
{
	const struct allow_list_entry *entry = allow_list_find(bridge->vendor, bridge->device);

	return entry && !(bridge->flags & PATH_HOP_BRIDGE_UNKNOWN) &&
	       !(entry->flags & ALLOW_LIST_RECENT);
}

/* Would a newer kernel's list do? */
static bool is_newly_listed(const struct reason_case *c, size_t i)
{
	const struct p2pmem_hop *bridge = c->findings.bridges[i];

	if (c->findings.listed[i] == PATH_YES)
		return true;
	return allow_list_find(bridge->vendor, bridge->device) &&
	       (allow_list_find(bridge->vendor, bridge->device)->flags & ALLOW_LIST_RECENT);
}

static void write_newer_kernel(const struct reason_case *c, FILE *f)
{
	if (is_newly_listed(c, 0) && is_newly_listed(c, 1))
		fputs(" Or boot a newer kernel, such as 7.3, which has more host bridges on its list.",
		      f);
}

static void write_vmd(const struct reason_case *c, FILE *f)
{
	if (any_bridge(c, is_vmd))
		fputs(" Intel VMD puts its drives below a host bridge of their own: switch VMD off "
		      "for these slots in the firmware setup, and ask again.",
		      f);
}

static void write_move(const struct reason_case *c, FILE *f)
{
	fputs(MOVE, f);
	if (!reason_same_bridge(c) && any_bridge(c, is_enough_alone))
		fputs(", or at least below one host bridge (slots of the same processor)", f);
	fputs(".", f);
	write_vmd(c, f);
	write_newer_kernel(c, f);
}

/* ---- what could not be read ------------------------------------------ */

static const char *remedy_for_doubt(enum cause cause)
{
	switch (cause) {
	case CAUSE_ACS_UNKNOWN:
	case CAUSE_HOST_BRIDGE_UNKNOWN:
		return LOAD ", which reads it, or ask as root. A tree from another machine has to "
			    "be captured as root.";
	case CAUSE_CPU_UNKNOWN:
		return LOAD ", which asks the kernel. A tree from another machine has to have "
			    "devices/system/cpu/modalias.";
	case CAUSE_KERNEL_UNKNOWN:
		return LOAD ", which asks the running kernel.";
	case CAUSE_PATH_UNKNOWN:
		return "Install the driver and the tools of one version of p2pmem. If this is "
		       "a tree from another machine, capture it anew: p2pmemctl report.";
	case CAUSE_DRIVER_FAILED:
		return "Install the driver and the tools of one version of p2pmem.";
	case CAUSE_KERNEL_DISAGREES:
		return "What the kernel says holds. Please report this with the archive that "
		       "p2pmemctl report makes.";
	default:
		return NULL;
	}
}

void reason_write_remedy(const struct reason_case *c, FILE *f)
{
	const char *fixed = remedy_for_doubt(c->cause);

	switch (c->cause) {
	case CAUSE_ACS_REDIRECT:
		write_acs_remedy(c, f);
		write_newer_kernel(c, f);
		break;
	case CAUSE_HOST_BRIDGE_NOT_LISTED:
	case CAUSE_DIFFERENT_HOST_BRIDGES:
	case CAUSE_NO_HOST_BRIDGE_FUNCTION:
		write_move(c, f);
		break;
	default:
		if (fixed)
			fputs(fixed, f);
	}
}

void reason_write_cost(const struct reason_case *c, FILE *f)
{
	if (c->cause == CAUSE_ACS_REDIRECT)
		fputs("It weakens isolation: devices behind these ports can then reach each other "
		      "past the IOMMU, and from the next boot on they share an IOMMU group. Do not "
		      "give them to different virtual machines. After setpci the groups stay as "
		      "they are and promise an isolation that is gone.",
		      f);
	else if ((c->cause == CAUSE_DIFFERENT_HOST_BRIDGES ||
		  c->cause == CAUSE_HOST_BRIDGE_NOT_LISTED ||
		  c->cause == CAUSE_NO_HOST_BRIDGE_FUNCTION) &&
		 any_bridge(c, is_vmd))
		fputs("Without VMD its RAID (VROC) is not to be had, and the drives change their "
		      "PCI addresses.",
		      f);
}
