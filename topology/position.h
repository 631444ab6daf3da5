/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Where a PCI function hangs, by the path of its folder in sysfs. Host bridges
 * may hang below PCI functions, as those behind a VMD do; nothing above the
 * last one is on the way. Pure.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <linux/p2pmem.h>

struct position {
	__u32 domain; /* of the root bus, as is */
	__u8 bus;
	bool has_parent;
	struct p2pmem_pci_address parent;
	struct p2pmem_pci_address self;
	size_t parent_length; /* of the path up to the parent */
	size_t self_length;
};

/* The last function in @path, behind which more may follow. -ENODEV: there is none. */
int position_parse(const char *path, struct position *ret);
