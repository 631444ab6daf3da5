/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/utf8.h"
#include "topology/sysfs.h"

/* As long as an attribute can be. */
#define ATTRIBUTE_MAX 4096

int sysfs_open(const char *root, struct sysfs *ret)
{
	char *real = realpath(root, NULL);

	if (!real)
		return -errno;
	ret->root = real;
	return 0;
}

void sysfs_done(struct sysfs *s)
{
	free(s->root);
	s->root = NULL;
}

static int join(const struct sysfs *s, const char *dir, const char *name,
		char path[static PATH_MAX])
{
	int n = snprintf(path, PATH_MAX, "%s/%s/%s", s->root, dir, name);

	return n < PATH_MAX ? 0 : -ENAMETOOLONG;
}

bool sysfs_exists(const struct sysfs *s, const char *dir, const char *name)
{
	char path[PATH_MAX];

	return join(s, dir, name, path) == 0 && access(path, F_OK) == 0;
}

static int read_attribute(const struct sysfs *s, const char *dir, const char *name,
			  char text[static ATTRIBUTE_MAX + 1])
{
	_cleanup_close_ int fd = -1;
	char path[PATH_MAX];
	ssize_t n;
	int r = join(s, dir, name, path);

	if (r < 0)
		return r;
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (fd < 0)
		return -errno;
	n = read(fd, text, ATTRIBUTE_MAX);
	if (n < 0)
		return -errno;
	text[n] = '\0';
	return 0;
}

int sysfs_string(const struct sysfs *s, const char *dir, const char *name, char **ret)
{
	_cleanup_free_ char *clean = NULL;
	char text[ATTRIBUTE_MAX + 1];
	int r = read_attribute(s, dir, name, text);

	if (r < 0)
		return r;
	clean = utf8_clean(text);
	if (!clean)
		return -ENOMEM;
	if (!*clean)
		return -ENODATA;
	*ret = take_ptr(clean);
	return 0;
}

int sysfs_u64(const struct sysfs *s, const char *dir, const char *name, uint64_t *ret)
{
	char text[ATTRIBUTE_MAX + 1], *end;
	unsigned long long value;
	int r = read_attribute(s, dir, name, text);

	if (r < 0)
		return r;
	if (text[0] < '0' || text[0] > '9')
		return -EINVAL;
	errno = 0;
	value = strtoull(text, &end, strncmp(text, "0x", 2) == 0 ? 16 : 10);
	if (errno || end == text || (*end && strcmp(end, "\n") != 0))
		return -EINVAL;
	*ret = value;
	return 0;
}

int sysfs_int(const struct sysfs *s, const char *dir, const char *name, int *ret)
{
	char text[ATTRIBUTE_MAX + 1], *end;
	long value;
	int r = read_attribute(s, dir, name, text);

	if (r < 0)
		return r;
	errno = 0;
	value = strtol(text, &end, 10);
	if (errno || end == text || (*end && strcmp(end, "\n") != 0) || value < INT_MIN ||
	    value > INT_MAX)
		return -EINVAL;
	*ret = (int)value;
	return 0;
}

int sysfs_resolve(const struct sysfs *s, const char *dir, const char *name, char **ret)
{
	_cleanup_free_ char *real = NULL;
	char path[PATH_MAX], *relative;
	size_t n = strlen(s->root);
	int r = join(s, dir, name, path);

	if (r < 0)
		return r;
	real = realpath(path, NULL);
	if (!real)
		return -errno;
	if (strncmp(real, s->root, n) != 0 || real[n] != '/')
		return -ENOENT;
	relative = strdup(real + n + 1);
	if (!relative)
		return -ENOMEM;
	*ret = relative;
	return 0;
}

int sysfs_link_name(const struct sysfs *s, const char *dir, const char *name, char **ret)
{
	char path[PATH_MAX], target[PATH_MAX], *clean;
	ssize_t n;
	int r = join(s, dir, name, path);

	if (r < 0)
		return r;
	n = readlink(path, target, sizeof(target) - 1);
	if (n < 0)
		return -errno;
	target[n] = '\0';
	clean = utf8_clean(path_last(target));
	if (!clean)
		return -ENOMEM;
	*ret = clean;
	return 0;
}

static int not_dots(const struct dirent *e)
{
	return e->d_name[0] != '.';
}

int sysfs_each(const struct sysfs *s, const char *dir,
	       int (*each)(const char *name, void *userdata), void *userdata)
{
	struct dirent **entries = NULL;
	char path[PATH_MAX];
	int n, r = join(s, dir, "", path);

	if (r < 0)
		return r;
	n = scandir(path, &entries, not_dots, versionsort);
	if (n < 0)
		return -errno;
	for (int i = 0; i < n; i++) {
		if (r == 0)
			r = each(entries[i]->d_name, userdata);
		free(entries[i]);
	}
	free(entries);
	return r;
}

const char *path_last(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

char *path_parent(const char *path)
{
	const char *slash = strrchr(path, '/');

	return strndup(path, slash ? (size_t)(slash - path) : 0);
}
