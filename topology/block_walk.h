/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Inside block.c and what it is split into. The list of layers is the list of
 * what is still to be looked at: each one appends what it lies on, unless that
 * is there already. So a walk ends on loops too, and finds what two members
 * share once.
 */
#pragma once

#include "topology/block.h"
#include "topology/nvme.h"

/* A walk owns all of it but the tree. A layer that could not be found is at "". */
struct walk {
	const struct sysfs *sysfs;
	const char *release;
	struct block_target target;
	char **dirs; /* where each layer is in the tree */
	size_t n_dirs;
	size_t at; /* being looked at */
	struct nvme_name head;
	size_t n_below; /* of the layer being looked at, listed before or not */
};

/* A folder whose entries are gone through. */
struct folder {
	struct walk *walk;
	const char *dir;
};

void walk_done(struct walk *w);

/* Not of this device alone, so nothing can be said of it. A tree beyond bounds is one. */
bool walk_is_fatal(int r);

/* The layer being looked at; the next push may move it. */
struct layer *walk_layer(struct walk *w);

/*
 * Appends a layer called @name, still of no known kind, at @dir, which is taken
 * over. -E2BIG: there are too many.
 */
int walk_push(struct walk *w, const char *name, char *dir);

/* What @dir/@name leads to, be it found or not. */
int walk_push_link(struct walk *w, const char *dir, const char *name);

int walk_add_function(struct walk *w, const struct p2pmem_pci_address *address);

/*
 * Find out what the layer being looked at is, and push what it lies on: for a
 * disk at @dir, for one of the NVMe controller at @dir, and for the head of a
 * subsystem at @dir. Negative: it could not be read.
 */
int look_at_disk(struct walk *w, const char *dir);
int look_at_controller(struct walk *w, const char *dir);
int look_at_head(struct walk *w, const char *dir);
