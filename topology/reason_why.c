/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The words for the cause of a verdict on a path. */
#include "common/pci.h"
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

void reason_write_bridge_name(const struct p2pmem_hop *hop, FILE *f)
{
	char address[PCI_ADDRESS_MAX];

	if (hop->vendor == 0)
		fprintf(f, "pci%04x:%02x", hop->address.domain, hop->address.bus);
	else
		fputs(pci_address_format(&hop->address, address), f);
}

static void write_bridge(const struct p2pmem_hop *hop, FILE *f)
{
	reason_write_bridge_name(hop, f);
	if (hop->vendor != 0)
		fprintf(f, " (%04x:%04x)", hop->vendor, hop->device);
}

static void write_bridges(const struct reason_case *c, FILE *f)
{
	write_bridge(c->findings.bridges[0], f);
	if (reason_same_bridge(c))
		return;
	fputs(" and ", f);
	write_bridge(c->findings.bridges[1], f);
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

static void write_ports(const struct reason_case *c, enum reason_ports which, FILE *f)
{
	const char *last = which == REASON_PORTS_REDIRECTING ? ", and " : " and ";
	size_t n = reason_count_ports(c, which), shown = 0;

	for (size_t i = 0; i < c->path->n_hops && shown < PORTS_MAX; i++) {
		const struct p2pmem_hop *hop = &c->path->hops[i];

		if (!reason_port_is(c, hop, which))
			continue;
		if (shown > 0)
			fputs(shown + 1 == n ? last : ", ", f);
		shown++;
		if (which == REASON_PORTS_REDIRECTING)
			write_redirection(hop, f);
		else
			write_port(hop, f);
	}
	if (n > PORTS_MAX)
		fprintf(f, "%s%zu more", last, n - PORTS_MAX);
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
}

/* How the traffic gets to host bridges. */
static void write_route(const struct reason_case *c, FILE *f)
{
	if (c->findings.turn) {
		write_meeting(c, f);
		fputs(", but ", f);
		write_redirecting(c, f);
		fputs(" to the host bridge ", f);
	} else if (reason_same_bridge(c)) {
		fputs("they have nothing in common below the host bridge ", f);
	} else {
		fputs("they are below different host bridges, ", f);
	}
	write_bridges(c, f);
}

static void write_passage(const struct reason_case *c, FILE *f)
{
	fputs(reason_same_bridge(c) ? "through the host bridge " : "through the host bridges ", f);
	write_bridges(c, f);
	if (c->cause == CAUSE_HOST_BRIDGE_LISTED)
		fputs(", on the kernel's list of those that pass peer-to-peer traffic on", f);
	else if (c->cause == CAUSE_HOST_BRIDGE_CPU)
		fputs(", as the kernel allows with AMD's processors from family 17h on", f);
	else
		fputs(", as the kernel allows", f);
	if (c->findings.turn) {
		fputs("; ", f);
		write_redirecting(c, f);
		fputs(" to it", f);
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

/* With why the rules say what they say, if that is about this path. */
static void write_disagreement(const struct reason_case *c, FILE *f)
{
	struct reason_case computed = *c;

	computed.cause = c->computed_cause;
	fprintf(f, "the kernel says %s, and its rules as they are known here ",
		verdict_name(c->verdict));
	if (c->computed == P2PMEM_VERDICT_UNKNOWN)
		fputs("do not allow that", f);
	else
		fprintf(f, "say %s", verdict_name(c->computed));
	if (computed.cause == CAUSE_UNKNOWN)
		return;
	fputs(": ", f);
	reason_write_why(&computed, f);
}

void reason_write_why(const struct reason_case *c, FILE *f)
{
	switch (c->cause) {
	case CAUSE_KERNEL_DISAGREES:
		write_disagreement(c, f);
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
		reason_write_doubts(c, f);
	}
}
