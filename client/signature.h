/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a block device carries already. */
#pragma once

/*
 * Looks for file systems, partition tables, RAID, LVM and the like, through
 * the page cache. 1: something is there, and @ret says what ("an ext4 file
 * system"), 0: nothing that is known, -errno.
 */
int signature_find(int fd, char **ret);
