/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * How the kernel names NVMe block devices: nvmeXnY is a namespace or, with
 * multipath, the head of one; nvmeXcZnY is a path to that head, through the
 * controller Z.
 */
#pragma once

#include <stdbool.h>

struct nvme_name {
	unsigned int instance;
	int controller; /* -1: not a path */
	unsigned int ns;
};

bool nvme_name_parse(const char *name, struct nvme_name *ret);

/* Is @path a path of the head @head? */
bool nvme_is_path_of(const struct nvme_name *path, const struct nvme_name *head);
