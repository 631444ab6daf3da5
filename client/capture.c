/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "common/cleanup.h"
#include "client/capture.h"

#define ATTRIBUTE_MAX 4096
#define SYS "sys/"

static char *join(const char *dir, const char *name)
{
	char *path;

	return asprintf(&path, SYS "%s/%s", dir, name) < 0 ? NULL : path;
}

static char *concat(const char *a, const char *b)
{
	char *text;

	return asprintf(&text, "%s%s", a, b) < 0 ? NULL : text;
}

static bool is_serial(const char *name)
{
	return strcmp(name, "serial") == 0;
}

/* Replaces what is in *data by what @r has for it. */
static int number(struct report *r, const char *kind, char **data, size_t *size)
{
	char *replaced = report_replace(r, kind, *data);

	if (!replaced)
		return -ENOMEM;
	free(*data);
	*data = replaced;
	*size = strlen(replaced);
	return 0;
}

/* Like LVM-...: which kind of volume it is, without which one. */
static void blank_uuid(char *data, size_t *size)
{
	size_t n = strcspn(data, "-");

	*size = data[n] ? n + 1 : 0;
	data[*size] = '\0';
}

static int blank(struct report *r, const char *name, char **data, size_t *size)
{
	if (strcmp(name, "config") == 0)
		capture_blank_config(*data, *size);
	else if (strcmp(name, "dm/uuid") == 0)
		blank_uuid(*data, size);
	else if (strcmp(name, "dm/name") == 0 && r->hide_serials)
		return number(r, "volume", data, size);
	else if (strcmp(name, "dm/name") == 0)
		report_blank_uuids(*data);
	else if (is_serial(name) && r->hide_serials)
		return number(r, "serial", data, size);
	return 0;
}

/* Reads until nothing comes: a copy's files may be anything, and sysfs gives one page. */
static ssize_t read_some(int fd, char *data, size_t size)
{
	size_t done = 0;
	ssize_t n;

	while (done < size && (n = read(fd, data + done, size - done)) != 0) {
		if (n < 0)
			return done ? (ssize_t)done : -errno;
		done += (size_t)n;
	}
	return (ssize_t)done;
}

int capture_attribute(struct capture *c, int folder, const char *dir, const char *name)
{
	_cleanup_close_ int fd = sysfs_attribute_at(c->sysfs, folder, name);
	_cleanup_free_ char *data = NULL;
	size_t size;
	ssize_t n;
	int r;

	if (fd < 0)
		return 0;
	data = malloc(ATTRIBUTE_MAX + 1);
	if (!data)
		return -ENOMEM;
	n = read_some(fd, data, ATTRIBUTE_MAX);
	if (n < 0)
		return 0;
	size = (size_t)n;
	data[size] = '\0';
	r = blank(c->report, name, &data, &size);
	return r < 0 ? r : report_add_file(c->report, join(dir, name), take_ptr(data), size);
}

int capture_attributes(struct capture *c, const char *dir, const char *const *names)
{
	_cleanup_close_ int folder = sysfs_dir(c->sysfs, dir);
	int r = 0;

	for (; folder >= 0 && *names && r == 0; names++)
		r = capture_attribute(c, folder, dir, *names);
	return r;
}

/* From the folder @dir to @real, both below the root. */
static char *relative(const char *dir, const char *real)
{
	_cleanup_free_ char *up = strdup("");
	char *target;

	for (const char *p = dir; up && p; p = strchr(p, '/') ? strchr(p, '/') + 1 : NULL) {
		char *longer;

		if (asprintf(&longer, "%s../", up) < 0)
			return NULL;
		free(up);
		up = longer;
	}
	return !up || asprintf(&target, "%s%s", up, real) < 0 ? NULL : target;
}

/* Where it really leads to, or by its words, where that is not there. */
static int resolve(struct capture *c, const char *dir, const char *name, char **ret)
{
	_cleanup_close_ int folder = sysfs_dir(c->sysfs, dir);
	char target[PATH_MAX], path[PATH_MAX];
	int r = sysfs_resolve(c->sysfs, dir, name, ret);

	if (r != -ENOENT || folder < 0)
		return r;
	if (sysfs_link_at(folder, name, target, sizeof(target)) < 0 ||
	    path_follow(dir, target, path, sizeof(path)) < 0)
		return r;
	*ret = strdup(path);
	return *ret ? 0 : -ENOMEM;
}

int capture_link(struct capture *c, const char *dir, const char *name)
{
	_cleanup_free_ char *real = NULL;
	int r = resolve(c, dir, name, &real);

	if (r < 0)
		return r == -ENOMEM ? r : 0;
	r = report_add_link(c->report, join(dir, name), relative(dir, real));
	return r < 0 ? r : report_add_folder(c->report, concat(SYS, real));
}

int capture_links(struct capture *c, const char *dir, const char *const *names)
{
	_cleanup_close_ int folder = sysfs_dir(c->sysfs, dir);
	char target[PATH_MAX];
	int r = 0;

	for (; folder >= 0 && *names && r == 0; names++)
		if (sysfs_link_at(folder, *names, target, sizeof(target)) >= 0)
			r = capture_link(c, dir, *names);
	return r;
}

int capture_each(struct capture *c, const char *dir, const char *name,
		 int (*each)(const char *name, void *userdata))
{
	_cleanup_free_ char *path = NULL;
	struct capture inner = *c;
	int r;

	if (asprintf(&path, "%s%s%s", dir, *name ? "/" : "", name) < 0) {
		path = NULL;
		return -ENOMEM;
	}
	inner.dir = path;
	r = sysfs_each(c->sysfs, path, each, &inner);
	return r == -ENOMEM ? r : 0;
}
