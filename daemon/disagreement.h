/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Pairs on which the kernel and the rules as they are known here say different
 * things: a bug in one of them, which is logged once for each pair.
 */
#pragma once

#include "topology/judgement.h"

struct disagreement {
	struct p2pmem_pci_address provider;
	struct p2pmem_pci_address client;
};

struct disagreements {
	struct disagreement *list;
	size_t n;
};

void disagreements_done(struct disagreements *d);

/* Logs it if there is one, and it is new. */
void disagreement_log(struct disagreements *d, const struct judgement *j);
