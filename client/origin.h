/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Where a verb gets its lists from: the daemon, a captured machine (--sysfs),
 * or, where the daemon cannot be reached, this machine's own /sys. In the two
 * latter p2pmemctl judges pairs itself, by the code that the daemon has for it,
 * and the lists look the same.
 *
 * Functions return an exit status, and have said what was wrong. Lists are
 * freed by p2pmem_list_free(), also after the source was closed.
 */
#pragma once

#include <p2pmem/libp2pmem.h>

#include "client/ctl.h"
#include "client/place.h"
#include "topology/sysfs.h"

struct origin;

/* For all sources from now on, what --sysfs said; lives as long as the program. */
void origin_set_tree(const char *path);

const char *origin_tree_path(void); /* NULL: none */

/* Connects, or reads the tree, and notes what the reader of the lists should know. */
int origin_open(struct origin **ret);
/* Looks at a sysfs tree, without a word; @release of its kernel may be NULL. -errno. */
int origin_open_sysfs(const char *sysfs, const char *release, struct origin **ret);
struct origin *origin_close(struct origin *s);
void origin_closep(struct origin **s);

/* NULL: the lists are about this machine. */
const struct sysfs *origin_tree(const struct origin *s);

/*
 * What people are to know of an empty list, beside that it is empty: a kernel
 * without P2PDMA shows no memory, whatever there is.
 */
int origin_say_why_none(const struct origin *s);

int origin_regions(struct origin *s, struct p2pmem_region **ret);
int origin_devices(struct origin *s, struct p2pmem_device **ret);
int origin_pairs(struct origin *s, struct p2pmem_pair **ret);
int origin_host_bridges(struct origin *s, struct p2pmem_host_bridge **ret);
int origin_functions(struct origin *s, struct p2pmem_function **ret);
int origin_explain(struct origin *s, const struct p2pmem_region *region, const struct place *device,
		   struct p2pmem_explanation **ret);
