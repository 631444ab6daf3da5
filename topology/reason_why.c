/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The words for the cause of a verdict on a path. */
#include "common/pci.h"
#include "topology/allow_list.h"
#include "topology/reason_path.h"

#define PORTS_MAX 4 /* that are named one by one */

/* ---- names ----------------------------------------------------------- */

static const char *kind_name(uint32_t kind)
{
	static const char *const names[] = {
		[P2PMEM_HOP_ENDPOINT] = "endpoint",
		[P2PMEM_HOP_DOWNSTREAM_PORT] = "downstream port",
		[P2PMEM_HOP_UPSTREAM_PORT] = "upstream port",
		[P2PMEM_HOP_ROOT_PORT] = "root port",
		[P2PMEM_HOP_BRIDGE] = "bridge",
	};

	if (kind < P2PMEM_HOP_ENDPOINT || kind > P2PMEM_HOP_BRIDGE)
		return "function";
	return names[kind];
}

static void write_port(const struct p2pmem_hop *hop, FILE *f)
{
	char address[PCI_ADDRESS_MAX];

	fprintf(f, "%s (%s)", pci_address_format(&hop->address, address), kind_name(hop->kind));
}

static void write_bridge(const struct p2pmem_hop *hop, FILE *f)
{
	char address[PCI_ADDRESS_MAX];

	if (hop->vendor == 0)
		fprintf(f, "host bridge pci%04x:%02x", hop->address.domain, hop->address.bus);
	else
		fprintf(f, "host bridge %s (%04x:%04x)", pci_address_format(&hop->address, address),
			hop->vendor, hop->device);
}

static void write_redirection(const struct p2pmem_hop *hop, FILE *f)
{
	static const struct {
		uint16_t bit;
		const char *what;
	} bits[] = {
		{ PATH_ACS_REQUEST_REDIRECT, "requests (RR)" },
		{ PATH_ACS_COMPLETION_REDIRECT, "completions (CR)" },
		{ PATH_ACS_EGRESS_CONTROL, "by egress control (EC)" },
	};
	const char *before = " redirects ";

	write_port(hop, f);
	for (size_t i = 0; i < sizeof(bits) / sizeof(bits[0]); i++)
		if (hop->acs_control & bits[i].bit) {
			fprintf(f, "%s%s", before, bits[i].what);
			before = " and ";
		}
}

/* What stands before item @i of @n, of which only some are shown. */
static const char *separator(size_t i, size_t n)
{
	if (i == 0)
		return "";
	return i + 1 == n ? " and " : ", ";
}

static void write_ports(const struct reason_case *c, enum reason_ports which, FILE *f)
{
	size_t n = reason_count_ports(c, which), shown = 0;

	for (size_t i = 0; i < c->path->n_hops && shown < PORTS_MAX; i++) {
		const struct p2pmem_hop *hop = &c->path->hops[i];

		if (!reason_port_is(c, hop, which))
			continue;
		fputs(separator(shown++, n), f);
		if (which == REASON_PORTS_REDIRECTING)
			write_redirection(hop, f);
		else
			write_port(hop, f);
	}
	if (n > PORTS_MAX)
		fprintf(f, " and %zu more", n - PORTS_MAX);
}

/* ---- clauses --------------------------------------------------------- */

static void write_meeting(const struct reason_case *c, FILE *f)
{
	if (c->findings.turn == c->path->hops) {
		fputs("the memory is the device's own", f);
		return;
	}
	fputs("both are below ", f);
	write_port(c->findings.turn, f);
}

static void write_redirecting(const struct reason_case *c, FILE *f)
{
	if (reason_count_ports(c, REASON_PORTS_REDIRECTING) > 0)
		write_ports(c, REASON_PORTS_REDIRECTING, f);
	else
		fputs("a port whose ACS could not be read redirects the traffic", f);
	fputs(" to the host bridge", f);
}

/* How the traffic gets to host bridges. */
static void write_route(const struct reason_case *c, FILE *f)
{
	const struct path_findings *found = &c->findings;

	if (found->turn) {
		write_meeting(c, f);
		fputs(", but ", f);
		write_redirecting(c, f);
	} else if (reason_same_bridge(c)) {
		fputs("they have nothing in common below the host bridge", f);
	} else {
		fputs("they are below different host bridges, the ", f);
		write_bridge(found->bridges[0], f);
		fputs(" and the ", f);
		write_bridge(found->bridges[1], f);
	}
}

static void write_listed_by_some(const struct p2pmem_hop *bridge, enum path_answer listed, FILE *f)
{
	fputs("the ", f);
	write_bridge(bridge, f);
	fputs(" is on the list of newer kernels (7.3) and not on that of older ones (6.12)", f);
	if (listed == PATH_UNKNOWN)
		fputs(", and which kernel it is about is not known", f);
}

/* Why the kernel does not take a host bridge, or is not known to. */
static void write_doubt(const struct reason_case *c, const struct p2pmem_hop *bridge,
			enum path_answer listed, FILE *f)
{
	const struct allow_list_entry *entry = allow_list_find(bridge->vendor, bridge->device);
	bool doubtful = bridge->flags & PATH_HOP_BRIDGE_UNKNOWN;

	if (bridge->vendor != 0 && entry && listed == PATH_NO && !reason_same_bridge(c) &&
	    (entry->flags & ALLOW_LIST_SAME_BRIDGE)) {
		fputs("the kernel trusts the ", f);
		write_bridge(bridge, f);
		fputs(" with traffic within itself only", f);
	} else if (entry && doubtful) {
		fputs("it could not be read whether the first function of the ", f);
		write_bridge(bridge, f);
		fputs(" is a root port, by which the kernel would know it", f);
	} else if (entry) {
		write_listed_by_some(bridge, listed, f);
	} else if (bridge->vendor != 0) {
		fputs("the ", f);
		write_bridge(bridge, f);
		fputs(" is not on the kernel's list of those that pass peer-to-peer traffic on", f);
	} else if (doubtful) {
		fputs("the vendor of the ", f);
		write_bridge(bridge, f);
		fputs(" could not be read", f);
	} else {
		fputs("the kernel cannot identify the ", f);
		write_bridge(bridge, f);
		fputs(", as its root bus begins neither with device 00.0 nor with a root port", f);
	}
}

static void write_doubts(const struct reason_case *c, FILE *f)
{
	const struct path_findings *found = &c->findings;

	for (size_t i = 0; i < (reason_same_bridge(c) ? 1 : 2); i++) {
		if (found->listed[i] == PATH_YES)
			continue;
		fputs(", and ", f);
		write_doubt(c, found->bridges[i], found->listed[i], f);
	}
	if (c->cause == CAUSE_CPU_UNKNOWN)
		fputs(", and whether the processor is one of AMD's from family 17h on, "
		      "with which the kernel allows it, is not known",
		      f);
}

static void write_passage(const struct reason_case *c, FILE *f)
{
	fputs("through the ", f);
	write_bridge(c->findings.bridges[0], f);
	if (!reason_same_bridge(c)) {
		fputs(" and the ", f);
		write_bridge(c->findings.bridges[1], f);
	}
	if (c->cause == CAUSE_HOST_BRIDGE_LISTED)
		fputs(", on the kernel's list of those that pass peer-to-peer traffic on", f);
	else if (c->cause == CAUSE_HOST_BRIDGE_CPU)
		fputs(", as the kernel allows with AMD's processors from family 17h on", f);
	else
		fputs(", as the kernel allows", f);
	if (c->findings.turn) {
		fputs("; ", f);
		write_redirecting(c, f);
	}
}

static void write_unread_acs(const struct reason_case *c, FILE *f)
{
	write_meeting(c, f);
	fputs(", but the access control (ACS) of ", f);
	write_ports(c, REASON_PORTS_UNREAD, f);
	fputs(" could not be read", f);
	if (c->findings.bridged == PATH_YES)
		fputs("; it works either way, by bus address or through the host bridge", f);
}

void reason_write_why(const struct reason_case *c, FILE *f)
{
	switch (c->cause) {
	case CAUSE_KERNEL_DISAGREES:
		fprintf(f, "the kernel says %s, and its rules as they are known here say %s",
			verdict_name(c->verdict), verdict_name(c->computed));
		break;
	case CAUSE_DRIVER_FAILED:
		fprintf(f, "the driver gives no verdict, though by the kernel's rules it is %s",
			verdict_name(c->computed));
		break;
	case CAUSE_PATH_UNKNOWN:
		fputs("what is known of the way between them makes no path", f);
		break;
	case CAUSE_OWN_MEMORY:
	case CAUSE_COMMON_BRIDGE:
		write_meeting(c, f);
		break;
	case CAUSE_ACS_UNKNOWN:
		write_unread_acs(c, f);
		break;
	case CAUSE_HOST_BRIDGE_LISTED:
	case CAUSE_HOST_BRIDGE_CPU:
	case CAUSE_HOST_BRIDGE_ALLOWED:
		write_passage(c, f);
		break;
	default:
		write_route(c, f);
		write_doubts(c, f);
	}
}
