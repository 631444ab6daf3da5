/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Refusals that more than one method gives: what is in the way, and what to do. */
#pragma once

#include "daemon/broker.h"

/* Each makes @ret an error and returns 0, or -ENOMEM. */
int refuse_driver(const struct broker *b, int error, struct answer *ret);
int refuse_state(const struct broker *b, int error, struct answer *ret);
int refuse_stranger(struct answer *ret);
int refuse_region(const char *name, struct answer *ret);

/*
 * The provider of the region that is called so: p2pmemN, or by its address. If
 * there is none, @ret is an error. 0 or -errno.
 */
int find_region(struct broker *b, const char *name, struct p2pmem_pci_address *ret_provider,
		struct answer *ret);
