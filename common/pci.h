/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* PCI addresses as people and the kernel write them: DDDD:BB:DD.F, the domain of four to eight digits. */
#pragma once

#include <stdbool.h>
#include <linux/p2pmem.h>

/* Longest text with its NUL: an eight-digit domain. */
#define PCI_ADDRESS_MAX sizeof("00000000:00:00.0")

/*
 * Parses a whole string; the domain may be left out (0000). -EINVAL for
 * anything else, trailing characters included.
 */
int pci_address_parse(const char *s, struct p2pmem_pci_address *ret);

/* Writes the canonical form, as in /sys/bus/pci/devices, to @buf; returns @buf. */
char *pci_address_format(const struct p2pmem_pci_address *a, char buf[static PCI_ADDRESS_MAX]);

bool pci_address_equal(const struct p2pmem_pci_address *a, const struct p2pmem_pci_address *b);
