/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdio.h>
#include <string.h>

#include "common/pci.h"
#include "topology/reason.h"

#define MOVE "Move both below one PCIe switch."

static void unsupported_apart(const struct topology_function *p, const struct topology_function *c,
			      struct reason *ret)
{
	if (p->root != c->root)
		snprintf(
			ret->why, sizeof(ret->why),
			"they hang on different root buses (%s, %s), and the kernel does not allow "
			"peer-to-peer traffic through this host bridge",
			p->root->name, c->root->name);
	else
		snprintf(ret->why, sizeof(ret->why),
			 "they hang below different root ports, and the kernel does not allow "
			 "peer-to-peer traffic through the host bridge of this CPU");
	ret->remedy = MOVE;
}

static void unsupported_redirected(const struct topology_function *common, struct reason *ret)
{
	char address[PCI_ADDRESS_MAX];

	snprintf(
		ret->why, sizeof(ret->why),
		"they share the bridge %s, but access control (ACS) on the way redirects the traffic "
		"to the host bridge, through which the kernel does not allow it",
		pci_address_format(&common->address, address));
	ret->remedy =
		"Switch ACS redirection off for the ports between them, by the kernel parameter "
		"pci=disable_acs_redir=; devices behind these ports are then no longer isolated "
		"from each other.";
}

static void supported(const struct topology_function *p, const struct topology_function *c,
		      const struct topology_function *common, enum p2pmem_verdict verdict,
		      struct reason *ret)
{
	char address[PCI_ADDRESS_MAX];

	if (pci_address_equal(&p->address, &c->address))
		snprintf(ret->why, sizeof(ret->why), "the memory is the device's own");
	else if (verdict == P2PMEM_VERDICT_BRIDGE)
		snprintf(ret->why, sizeof(ret->why),
			 "through the host bridge, which the kernel allows on this machine");
	else if (common)
		snprintf(ret->why, sizeof(ret->why), "both are below the bridge %s",
			 pci_address_format(&common->address, address));
}

void reason_for_pair(const struct topology_function *provider,
		     const struct topology_function *client, enum p2pmem_verdict verdict,
		     struct reason *ret)
{
	const struct topology_function *common = topology_common(provider, client);

	*ret = (struct reason){};
	if (verdict == P2PMEM_VERDICT_BRIDGE || verdict == P2PMEM_VERDICT_BUS) {
		supported(provider, client, common, verdict, ret);
	} else if (verdict == P2PMEM_VERDICT_UNSUPPORTED) {
		if (common)
			unsupported_redirected(common, ret);
		else
			unsupported_apart(provider, client, ret);
	} else {
		snprintf(ret->why, sizeof(ret->why), "the driver could not tell");
		ret->remedy = "The kernel log (dmesg) may say more.";
	}
}

void reason_below_minimum(enum p2pmem_verdict verdict, enum p2pmem_verdict minimum,
			  struct reason *ret)
{
	snprintf(ret->why, sizeof(ret->why), "the path is %s, and no less than %s was asked for",
		 verdict_name(verdict), verdict_name(minimum));
	ret->remedy = "Ask with a lower minVerdict.";
}

void reason_for_layer(const char *layer, struct reason *ret)
{
	snprintf(ret->why, sizeof(ret->why),
		 "%s does not pass peer-to-peer pages on to its devices", layer);
	ret->remedy = "Use the NVMe device below it, or a partition of that, directly.";
	if (strcmp(layer, "queue") == 0) {
		snprintf(ret->why, sizeof(ret->why),
			 "its request queue does not take peer-to-peer pages on this kernel");
		ret->remedy = "If it is an NVMe multipath head, boot a newer kernel or with "
			      "nvme_core.multipath=N.";
	} else if (strcmp(layer, "virtio-blk") == 0 || strncmp(layer, "nvme-", 5) == 0 ||
		   strcmp(layer, "scsi") == 0) {
		snprintf(ret->why, sizeof(ret->why), "%s devices take no peer-to-peer pages",
			 layer);
		ret->remedy = "Use a local NVMe drive.";
	}
}
