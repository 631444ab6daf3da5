/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Block devices by number, as sysfs shows them: what lies on what, and who
 * has one in use. @sys is "/sys" but in tests.
 */
#pragma once

#include <stdbool.h>
#include <stdio.h>
#include <sys/types.h>

/*
 * Whether writing to @upper can change @lower: they are the same, or @upper is
 * a partition of it, or is built on it through any number of layers.
 */
bool blockdev_lies_on(const char *sys, dev_t upper, dev_t lower);

/*
 * Says who has the device, its partitions, or the disk it is a partition of:
 * mounts (from @mounts, in the format of /proc/self/mountinfo) and devices
 * built on it. *@ret is NULL if none is to be seen. -ENOMEM.
 */
int blockdev_users(const char *sys, FILE *mounts, dev_t device, char **ret);
