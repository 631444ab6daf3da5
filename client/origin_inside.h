/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Inside an origin: opened by origin.c, asked by origin_lists.c. */
#pragma once

#include "client/origin.h"
#include "client/tree.h"
#include "topology/survey.h"

struct origin {
	struct p2pmem_client *client; /* NULL: it looks for itself */
	struct tree tree; /* with --sysfs */
	struct sysfs sysfs; /* the rest: where it looks for itself */
	struct topology topology;
	struct p2pmem_region_info *regions;
	char *release;
	struct survey survey;
};

/* Says that the tree could not be read, and returns the exit status for it. */
int origin_cannot_read(const char *path, int error);
