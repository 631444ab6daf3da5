/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The host bridges that the kernel knows to pass on peer-to-peer traffic: its
 * pci_p2pdma_whitelist, in drivers/pci/p2pdma.c, as of 7.3.4 with what 6.12
 * lacks marked. Kernels between the two may have either list; those before are
 * taken to have that of 6.12, those after that of 7.3.
 */
#pragma once

#include <stdint.h>

#include "topology/path.h"

#define ALLOW_LIST_KERNEL(version, patchlevel) (((unsigned int)(version) << 16) | (patchlevel))

#define ALLOW_LIST_ANY_DEVICE (-1)

#define ALLOW_LIST_SAME_BRIDGE (1U << 0) /* not from one host bridge to another */
#define ALLOW_LIST_RECENT (1U << 1) /* not in 6.12 */

struct allow_list_entry {
	uint16_t vendor;
	int32_t device; /* or ALLOW_LIST_ANY_DEVICE */
	unsigned int flags; /* ALLOW_LIST_* */
};

/* What the newest kernel that is known here says of a host bridge; NULL: nothing. */
const struct allow_list_entry *allow_list_find(uint16_t vendor, uint16_t device);

/* Has the list of that kernel the entry? */
enum path_answer allow_list_has(const struct allow_list_entry *entry, unsigned int kernel);

/* A release like 6.12.107-amd64 as ALLOW_LIST_KERNEL(); 0: it is not like that. */
unsigned int allow_list_kernel(const char *release);
