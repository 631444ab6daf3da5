/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Tables that more than one verb prints, on standard output. Exit statuses. */
#pragma once

#include <p2pmem/libp2pmem.h>

int print_regions(const struct p2pmem_region *regions);
int print_leases(const struct p2pmem_lease *leases);
