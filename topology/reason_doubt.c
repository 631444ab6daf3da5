/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The words for what keeps the kernel, or us, from trusting a host bridge. */
#include "topology/allow_list.h"
#include "topology/reason_path.h"

enum doubt {
	DOUBT_NONE,
	DOUBT_NOT_LISTED,
	DOUBT_WITHIN_ONLY,
	DOUBT_LISTED_BY_SOME,
	DOUBT_PORT_UNREAD,
	DOUBT_IDS_UNREAD,
	DOUBT_UNIDENTIFIED,
};

/* Around the name of one, and of both. */
static const struct {
	const char *before, *after, *both;
} doubts[] = {
	[DOUBT_NOT_LISTED] = {
		"", " is not on the kernel's list of those that pass peer-to-peer traffic on",
		"neither is on the kernel's list of those that pass peer-to-peer traffic on",
	},
	[DOUBT_WITHIN_ONLY] = {
		"the kernel trusts ", " with traffic within itself only",
		"the kernel trusts each with traffic within itself only",
	},
	[DOUBT_LISTED_BY_SOME] = {
		"", " is on the list of newer kernels (7.3), and not on that of older ones (6.12)",
		"both are on the list of newer kernels (7.3), and not on that of older ones (6.12)",
	},
	[DOUBT_PORT_UNREAD] = {
		"whether ", " is a root port, by which alone the kernel knows it, could not be read",
		"whether these are root ports, by which alone the kernel knows them, could not be "
		"read",
	},
	[DOUBT_IDS_UNREAD] = {
		"the ids of ", " could not be read", "the ids of both could not be read",
	},
	[DOUBT_UNIDENTIFIED] = {
		"the kernel cannot identify ",
		", as its root bus begins neither with device 00.0 nor with a root port",
		"the kernel cannot identify them, as their root buses begin neither with device "
		"00.0 nor with a root port",
	},
};

static enum doubt doubt_of(const struct reason_case *c, size_t i)
{
	const struct p2pmem_hop *bridge = c->findings.bridges[i];
	const struct allow_list_entry *entry = allow_list_find(bridge->vendor, bridge->device);
	bool doubtful = bridge->flags & PATH_HOP_BRIDGE_UNKNOWN;

	if (c->findings.listed[i] == PATH_YES)
		return DOUBT_NONE;
	if (bridge->vendor == 0)
		return doubtful ? DOUBT_IDS_UNREAD : DOUBT_UNIDENTIFIED;
	if (!entry)
		return DOUBT_NOT_LISTED;
	if ((entry->flags & ALLOW_LIST_SAME_BRIDGE) && !reason_same_bridge(c))
		return DOUBT_WITHIN_ONLY;
	return doubtful ? DOUBT_PORT_UNREAD : DOUBT_LISTED_BY_SOME;
}

static void write_doubt(const struct reason_case *c, size_t i, FILE *f)
{
	enum doubt doubt = doubt_of(c, i);

	if (doubt == DOUBT_NONE)
		return;
	fprintf(f, ", and %s", doubts[doubt].before);
	if (reason_same_bridge(c))
		fputs("it", f);
	else
		reason_write_bridge_name(c->findings.bridges[i], f);
	fputs(doubts[doubt].after, f);
}

void reason_write_doubts(const struct reason_case *c, FILE *f)
{
	enum doubt first = doubt_of(c, 0), second = doubt_of(c, 1);

	if (reason_same_bridge(c)) {
		write_doubt(c, 0, f);
	} else if (first == second && first != DOUBT_NONE) {
		fprintf(f, ", and %s", doubts[first].both);
	} else {
		write_doubt(c, 0, f);
		write_doubt(c, 1, f);
	}
	if (c->cause == CAUSE_KERNEL_UNKNOWN)
		fputs("; which kernel it is about is not known", f);
	if (c->cause == CAUSE_CPU_UNKNOWN)
		fputs("; whether the processor is one of AMD's from family 17h on, with which the "
		      "kernel allows it, is not known",
		      f);
}
