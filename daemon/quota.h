/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Who holds how much, to the byte, and whether more is allowed. Pure.
 *
 * Accounts are kept for each region, in it for each tenant, and in that for
 * each charged uid. An account exists while something is charged to it.
 *
 * A charge is embedded in what it pays for, and may be moved with it by
 * assignment; whoever ends the owner releases the charge. A zeroed charge is
 * none. Accounts have to outlive the charges, and are not to be moved.
 */
#pragma once

#include <sys/types.h>
#include <linux/p2pmem.h>

#include "policy/limits.h"

struct account;

struct accounts {
	void *tree;
};

struct charge {
	struct account *account; /* of the uid; NULL: nothing is charged */
	uint64_t bytes;
};

/* Charges @bytes and one buffer of the region with that provider. -ENOMEM, and nothing is charged. */
int charge_take(struct accounts *a, const char *tenant, uid_t uid,
		const struct p2pmem_pci_address *provider, uint64_t bytes, struct charge *ret);

/* Gives it back, and leaves it empty. */
void charge_release(struct charge *c);

struct usage {
	uint64_t bytes;
	uint64_t buffers;
};

/* Of all tenants in a region, of a tenant, and of a uid within it. */
struct usage accounts_region(const struct accounts *a, const struct p2pmem_pci_address *provider);
struct usage accounts_tenant(const struct accounts *a, const struct p2pmem_pci_address *provider,
			     const char *tenant);
/* Each tenant of each region, in a fixed order, until @each returns below 0, which is returned. */
int accounts_each_tenant(const struct accounts *a,
			 int (*each)(const char *tenant, const struct p2pmem_pci_address *provider,
				     const struct usage *usage, void *userdata),
			 void *userdata);

struct usage accounts_uid(const struct accounts *a, const struct p2pmem_pci_address *provider,
			  const char *tenant, uid_t uid);
