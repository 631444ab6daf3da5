/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Reading sysfs, or a copy of one that a stranger may have made. Paths are
 * relative to its root. What a link leads to outside the root is not found;
 * attributes are regular files, and reading one never waits.
 *
 * What is read often goes by the descriptor of its folder (the functions
 * ending in _at), as looking up a path costs more than reading an attribute.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* More entries than this in one folder are no sysfs: -E2BIG. */
#define SYSFS_ENTRIES_MAX 131072

struct sysfs {
	char *root; /* real path, without a slash at the end */
	int fd; /* of the root */
	bool live; /* the running kernel's own, not a copy */
};

int sysfs_open(const char *root, struct sysfs *ret);
void sysfs_done(struct sysfs *s);

/* Whether @r says that something is short, so that nothing follows for what was looked for. */
bool sysfs_is_fatal(int r);

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

/* A descriptor of the folder @path, for what follows; to be closed by the caller. */
int sysfs_dir(const struct sysfs *s, const char *path);

/* The same below @dir, only if no link is on the way: @path is where it really lies. */
int sysfs_dir_at(int dir, const char *path);

int sysfs_each_at(int dir, const char *name, int (*each)(const char *name, void *userdata),
		  void *userdata);
bool sysfs_exists_at(int dir, const char *name);

/* What a link says, unchecked, ended by a NUL. */
int sysfs_link_at(int dir, const char *name, char *ret, size_t size);
int sysfs_link_name_at(int dir, const char *name, char **ret);

/* A descriptor to read the attribute @name with. */
int sysfs_attribute_at(const struct sysfs *s, int dir, const char *name);
int sysfs_string_at(const struct sysfs *s, int dir, const char *name, char **ret);
int sysfs_u64_at(const struct sysfs *s, int dir, const char *name, uint64_t *ret);
int sysfs_int_at(const struct sysfs *s, int dir, const char *name, int *ret);

/* In a path: its last component, and its length without that and the slash. */
const char *path_last(const char *path);
char *path_parent(const char *path);

/*
 * Where @target, found in a link in the folder @dir, leads to by its words.
 * -ENOENT: out of the root, -ENAMETOOLONG: nowhere.
 */
int path_follow(const char *dir, const char *target, char *ret, size_t size);
