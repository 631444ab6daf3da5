/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Reading sysfs, or a copy of one. Paths are relative to its root. What a
 * link leads to outside the root is not found.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct sysfs {
	char *root; /* real path, without a slash at the end */
};

int sysfs_open(const char *root, struct sysfs *ret);
void sysfs_done(struct sysfs *s);

bool sysfs_exists(const struct sysfs *s, const char *dir, const char *name);

/* An attribute as clean UTF-8; -ENODATA if nothing is left of it. */
int sysfs_string(const struct sysfs *s, const char *dir, const char *name, char **ret);

/* A number, decimal or with 0x hexadecimal, that fills the attribute; else -EINVAL. */
int sysfs_u64(const struct sysfs *s, const char *dir, const char *name, uint64_t *ret);
int sysfs_int(const struct sysfs *s, const char *dir, const char *name, int *ret);

/* Where @dir/@name really lies, again relative to the root. */
int sysfs_resolve(const struct sysfs *s, const char *dir, const char *name, char **ret);

/* The last component of what a link like `driver` or `subsystem` leads to. */
int sysfs_link_name(const struct sysfs *s, const char *dir, const char *name, char **ret);

/*
 * Calls @each with the name of each entry of @dir, in the order of their
 * names, until it returns other than 0, and returns that.
 */
int sysfs_each(const struct sysfs *s, const char *dir,
	       int (*each)(const char *name, void *userdata), void *userdata);

/* In a path: its last component, and its length without that and the slash. */
const char *path_last(const char *path);
char *path_parent(const char *path);
