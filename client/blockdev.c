/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "common/cleanup.h"
#include "client/blockdev.h"
#include "client/mountinfo.h"

/* Deeper stacks than anybody builds; a limit for what the file system may hold. */
#define DEPTH_MAX 16

static void closedirp(DIR **d)
{
	if (*d)
		closedir(*d);
}

static char *path_of(const char *format, ...) __attribute__((format(printf, 1, 2)));
static char *path_of(const char *format, ...)
{
	char *path;
	va_list ap;
	int r;

	va_start(ap, format);
	r = vasprintf(&path, format, ap);
	va_end(ap);
	return r < 0 ? NULL : path;
}

static char *device_path(const char *sys, dev_t device)
{
	return path_of("%s/dev/block/%u:%u", sys, major(device), minor(device));
}

/* The number in the attribute `dev` of a sysfs folder; 0 if there is none. */
static dev_t number_of(const char *path)
{
	_cleanup_free_ char *attribute = path_of("%s/dev", path);
	_cleanup_fclose_ FILE *f = attribute ? fopen(attribute, "re") : NULL;
	unsigned int a, b;

	return f && fscanf(f, "%u:%u", &a, &b) == 2 ? makedev(a, b) : 0;
}

static char *name_of(const char *path)
{
	_cleanup_free_ char *full = realpath(path, NULL);

	return full ? strdup(strrchr(full, '/') + 1) : NULL;
}

static bool is_partition(const char *path)
{
	_cleanup_free_ char *attribute = path_of("%s/partition", path);

	return attribute && access(attribute, F_OK) == 0;
}

/* Calls @visit for each entry of a folder until one returns other than 0. */
typedef int (*visit_fn)(const char *path, const char *name, void *data);
static int for_each_entry(const char *folder, visit_fn visit, void *data)
{
	_cleanup_(closedirp) DIR *d = folder ? opendir(folder) : NULL;
	struct dirent *e;
	int r = 0;

	while (d && r == 0 && (e = readdir(d))) {
		_cleanup_free_ char *path = NULL;

		if (e->d_name[0] == '.')
			continue;
		path = path_of("%s/%s", folder, e->d_name);
		r = path ? visit(path, e->d_name, data) : -ENOMEM;
	}
	return r;
}

struct search {
	const char *sys;
	dev_t lower;
	int depth;
};

static int search_below(const struct search *s, dev_t upper);

static int search_slave(const char *path, const char *name, void *data)
{
	return search_below(data, number_of(path));
}

static int search_below(const struct search *s, dev_t upper)
{
	_cleanup_free_ char *path = NULL, *disk = NULL, *slaves = NULL;
	struct search deeper = *s;

	if (upper == 0 || deeper.depth++ >= DEPTH_MAX)
		return 0;
	if (upper == s->lower)
		return 1;
	path = device_path(s->sys, upper);
	if (!path)
		return -ENOMEM;
	disk = path_of("%s/..", path);
	if (disk && is_partition(path))
		return search_below(&deeper, number_of(disk));
	slaves = path_of("%s/slaves", path);
	return for_each_entry(slaves, search_slave, &deeper);
}

/* Without memory to find out, they count as lying on each other. */
bool blockdev_lies_on(const char *sys, dev_t upper, dev_t lower)
{
	struct search s = { .sys = sys, .lower = lower };

	return search_below(&s, upper) != 0;
}

/* ---- users ---------------------------------------------------------- */

struct users {
	FILE *out; /* where the sentence is written */
	FILE *mounts;
	const char *what; /* how the device stands to the one asked about, NULL: it is that one */
	char *name;
	unsigned int n;
};

static void add_user(struct users *u, const char *how, const char *who)
{
	fprintf(u->out, "%s%s%s %s %s", u->n++ ? ", " : "", u->what ? u->what : "it",
		u->what ? u->name : "", how, who);
}

static int add_holder(const char *path, const char *name, void *data)
{
	add_user(data, "is part of", name);
	return 0;
}

/* File systems on several devices have a number of their own, and name one of them. */
static bool is_mounted_from(const struct mount *m, dev_t device)
{
	struct stat st;

	if (m->device == device)
		return true;
	return major(m->device) == 0 && m->source[0] == '/' && stat(m->source, &st) == 0 &&
	       S_ISBLK(st.st_mode) && st.st_rdev == device;
}

static void add_mounts(struct users *u, dev_t device)
{
	_cleanup_free_ char *line = NULL;
	struct mount m;
	size_t size = 0;

	rewind(u->mounts);
	while (mountinfo_next(u->mounts, &line, &size, &m) > 0)
		if (is_mounted_from(&m, device))
			add_user(u, "is mounted at", m.target);
}

static int add_users_of(const char *path, const char *what, struct users *u)
{
	_cleanup_free_ char *holders = path_of("%s/holders", path), *name = name_of(path);
	dev_t device = number_of(path);

	if (!holders)
		return -ENOMEM;
	if (!name || device == 0)
		return 0;
	u->what = what;
	u->name = name;
	add_mounts(u, device);
	return for_each_entry(holders, add_holder, u);
}

static int add_users_of_partition(const char *path, const char *name, void *data)
{
	return is_partition(path) ? add_users_of(path, "its partition ", data) : 0;
}

static int find_users(const char *sys, dev_t device, struct users *u)
{
	_cleanup_free_ char *path = device_path(sys, device), *disk = NULL;
	int r;

	if (!path)
		return -ENOMEM;
	r = add_users_of(path, NULL, u);
	if (r < 0)
		return r;
	if (!is_partition(path))
		return for_each_entry(path, add_users_of_partition, u);
	disk = path_of("%s/..", path);
	return disk ? add_users_of(disk, "its disk ", u) : -ENOMEM;
}

int blockdev_users(const char *sys, FILE *mounts, dev_t device, char **ret)
{
	_cleanup_free_ char *text = NULL;
	size_t size;
	struct users u = { .mounts = mounts };
	int r;

	u.out = open_memstream(&text, &size);
	if (!u.out)
		return -ENOMEM;
	r = find_users(sys, device, &u);
	if (fclose(u.out) != 0)
		r = -ENOMEM;
	if (r < 0)
		return r;
	*ret = u.n ? take_ptr(text) : NULL;
	return 0;
}
