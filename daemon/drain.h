/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Regions that are being emptied, or are empty, so that their device can be
 * taken out. A region is known by its provider's address: it stays drained
 * when the device is gone, until somebody says otherwise.
 */
#pragma once

#include "daemon/broker.h"

/* From the state directory. */
int drains_restore(struct broker *b);
void drains_done(struct broker *b);

/* Nothing is lent from such a region. */
bool drains_have(const struct broker *b, const struct p2pmem_pci_address *provider);

size_t drains_count(const struct broker *b);

/* Is one of them being emptied? */
bool drains_busy(const struct broker *b);

/* When the first of them has buffers to revoke; UINT64_MAX: none has. */
uint64_t drains_deadline(const struct broker *b);

/* Something happened to the region (NULL: maybe to any). */
void drains_touch(struct broker *b, const struct p2pmem_pci_address *provider);

/* Goes on with those that something happened to. */
void drains_step(struct broker *b);
