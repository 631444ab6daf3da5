/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Block devices as one request sees them: layers by sysfs, queues by the driver. */
#pragma once

#include "daemon/view.h"
#include "topology/block.h"

/*
 * Where the driver cannot be asked, what is known of the running kernel's
 * version stands. What is returned is good until the next one is resolved.
 * -ENODEV: there is no such block device.
 */
int view_resolve_block(const struct view *v, unsigned int major, unsigned int minor,
		       const struct block_target **ret);
