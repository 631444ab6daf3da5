/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Finding a path below a folder without ever leaving it, whatever links there
 * are. openat2() would do that in the kernel, but is out of reach of a service
 * that may not make set-user-ID files: seccomp cannot look into its arguments.
 */
#pragma once

#include <limits.h>

/*
 * Where @path leads to below @root, by no further link; "" is @root. -ENOENT:
 * nowhere, or out of it, -ELOOP: too many links on the way.
 */
int lookup_real(int root, const char *path, char ret[static PATH_MAX]);

/*
 * Opens @path, which must have neither a link nor .. on its way nor at its
 * end: -ELOOP or -ENOTDIR if there is one.
 */
int lookup_open(int dir, const char *path, int flags);
