/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A machine that was captured, for --sysfs: a folder with a sysfs tree, or a
 * report, as a folder or as the archive that `p2pmemctl report` wrote. An
 * archive is unpacked into a private folder that ends with the tree; while it
 * is there, the signals that would end the program wait for its removal.
 */
#pragma once

#include <signal.h>

struct tree {
	char *sysfs; /* folder of the sysfs tree */
	char *root; /* folder that holds the rest of a report; NULL: sysfs is all there is */
	char *temporary; /* NULL: nothing to remove */
	sigset_t signals; /* blocked before, with @temporary */
};

/* -errno: what is wrong with @path has been said. */
int tree_open(const char *path, struct tree *ret);
void tree_close(struct tree *t);
