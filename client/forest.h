/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The list of PCI functions as trees below their root buses. What the list
 * says is not trusted: a function whose bridge is missing, or that is above
 * itself, hangs nowhere. No I/O.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <p2pmem/libp2pmem.h>

struct node {
	const struct p2pmem_function *function;
	struct node *parent;
	struct node *child; /* the first one below it */
	struct node *next; /* beside it */
	bool matters; /* is, or leads to, a region or a device that could use one */
};

struct forest {
	struct node *nodes; /* by the text of their addresses */
	size_t n;
};

/* Buses have eight bits, so no real tree is deeper. */
#define FOREST_DEPTH_MAX 256

int forest_grow(const struct p2pmem_function *functions, struct forest *ret);
void forest_done(struct forest *f);

/*
 * Calls @visit for each node below the root bus, from the top down, until it
 * returns other than 0, and returns that. @all: also what does not matter.
 */
int forest_walk(const struct forest *f, const char *root, bool all,
		int (*visit)(const struct node *node, size_t depth, void *userdata),
		void *userdata);
