/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the parts of driver-faults share. */
#ifndef FAULTS_H
#define FAULTS_H

#include "load.h"

#define NO_FAULT 1000000U

/* The @nth allocation of this thread from here on fails. */
void arm(unsigned int nth);
/* Returns what was left to count: 0 if one has failed. */
unsigned int disarm(void);

/* True if all went well; leaves nothing behind. */
struct use {
	const char *name;
	bool (*run)(struct lab *lab);
};

/* Ends with a zero entry. */
extern const struct use uses[];

bool use_node_mapping(struct lab *lab);

/* faults-regions.c: each ends with the region there. */
void sweep_adding(struct lab *lab);
void sweep_card(struct lab *lab);
void sweep_loading(struct lab *lab);
void check_unbinding(struct lab *lab);

#endif
