/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The root, its folders and links. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include "common/array.h"
#include "common/cleanup.h"
#include "common/utf8.h"
#include "topology/lookup.h"
#include "topology/sysfs.h"

int sysfs_open(const char *root, struct sysfs *ret)
{
	_cleanup_close_ int fd = open(root, O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct statfs fs;
	char *real;

	if (fd < 0 || fstatfs(fd, &fs) < 0)
		return -errno;
	real = realpath(root, NULL);
	if (!real)
		return -errno;
	*ret = (struct sysfs){
		.root = real,
		.fd = take_fd(&fd),
		.live = fs.f_type == SYSFS_MAGIC,
	};
	return 0;
}

void sysfs_done(struct sysfs *s)
{
	if (s->root)
		close_fd(&s->fd);
	free(s->root);
	s->root = NULL;
}

bool sysfs_is_fatal(int r)
{
	return r == -ENOMEM || r == -E2BIG || r == -EMFILE || r == -ENFILE;
}

/* Where @dir/@name really is. */
static int find(const struct sysfs *s, const char *dir, const char *name,
		char real[static PATH_MAX])
{
	char path[PATH_MAX];

	if (snprintf(path, sizeof(path), "%s/%s", dir, name) >= (int)sizeof(path))
		return -ENAMETOOLONG;
	return lookup_real(s->fd, path, real);
}

int sysfs_dir(const struct sysfs *s, const char *path)
{
	char real[PATH_MAX];
	int r = lookup_real(s->fd, path, real);

	return r < 0 ? r : sysfs_dir_at(s->fd, real);
}

int sysfs_dir_at(int dir, const char *path)
{
	return lookup_open(dir, path, O_PATH | O_DIRECTORY);
}

bool sysfs_exists(const struct sysfs *s, const char *dir, const char *name)
{
	char real[PATH_MAX];

	return find(s, dir, name, real) == 0;
}

bool sysfs_exists_at(int dir, const char *name)
{
	return faccessat(dir, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

int sysfs_attribute_at(const struct sysfs *s, int dir, const char *name)
{
	struct stat st;

	/* Opening a device may do something; in a copy anything may lie there. */
	if (!s->live && fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return -errno;
	if (!s->live && !S_ISREG(st.st_mode))
		return -EINVAL;
	return lookup_open(dir, name, O_RDONLY | O_NONBLOCK | O_NOCTTY);
}

int sysfs_resolve(const struct sysfs *s, const char *dir, const char *name, char **ret)
{
	char real[PATH_MAX], *copy;
	int r = find(s, dir, name, real);

	if (r < 0)
		return r;
	/* The root itself is nothing that a link may lead to. */
	if (!*real)
		return -ENOENT;
	copy = strdup(real);
	if (!copy)
		return -ENOMEM;
	*ret = copy;
	return 0;
}

int sysfs_link_at(int dir, const char *name, char *ret, size_t size)
{
	ssize_t n = readlinkat(dir, name, ret, size);

	if (n < 0)
		return -errno;
	if ((size_t)n == size)
		return -ENAMETOOLONG;
	ret[n] = '\0';
	return 0;
}

int sysfs_link_name_at(int dir, const char *name, char **ret)
{
	char target[PATH_MAX], *clean;
	int r = sysfs_link_at(dir, name, target, sizeof(target));

	if (r < 0)
		return r;
	clean = utf8_clean(path_last(target));
	if (!clean)
		return -ENOMEM;
	*ret = clean;
	return 0;
}

int sysfs_link_name(const struct sysfs *s, const char *dir, const char *name, char **ret)
{
	_cleanup_close_ int fd = sysfs_dir(s, dir);

	return fd < 0 ? fd : sysfs_link_name_at(fd, name, ret);
}

struct names {
	char **list;
	size_t n;
};

static void names_done(struct names *a)
{
	for (size_t i = 0; i < a->n; i++)
		free(a->list[i]);
	free(a->list);
}

static int add_name(struct names *a, const char *name)
{
	char *copy;

	if (name[0] == '.')
		return 0;
	if (a->n == SYSFS_ENTRIES_MAX)
		return -E2BIG;
	copy = strdup(name);
	if (!copy || array_push(a->list, a->n, copy) < 0) {
		free(copy);
		return -ENOMEM;
	}
	return 0;
}

static int compare_names(const void *a, const void *b)
{
	return strverscmp(*(char *const *)a, *(char *const *)b);
}

/* Takes @fd over. */
static int read_names(int fd, struct names *ret)
{
	DIR *d = fdopendir(fd);
	struct dirent *e;
	int r = 0;

	if (!d) {
		r = -errno;
		close(fd);
		return r;
	}
	while (r == 0 && (errno = 0, e = readdir(d)))
		r = add_name(ret, e->d_name);
	if (r == 0)
		r = -errno;
	closedir(d);
	if (r == 0 && ret->n > 0)
		qsort(ret->list, ret->n, sizeof(*ret->list), compare_names);
	return r;
}

int sysfs_each_at(int dir, const char *name, int (*each)(const char *name, void *userdata),
		  void *userdata)
{
	_cleanup_(names_done) struct names names = {};
	int fd = lookup_open(dir, name, O_RDONLY | O_DIRECTORY | O_NONBLOCK);
	int r = fd < 0 ? fd : read_names(fd, &names);

	for (size_t i = 0; r == 0 && i < names.n; i++)
		r = each(names.list[i], userdata);
	return r;
}

int sysfs_each(const struct sysfs *s, const char *dir,
	       int (*each)(const char *name, void *userdata), void *userdata)
{
	char real[PATH_MAX];
	int r = lookup_real(s->fd, dir, real);

	return r < 0 ? r : sysfs_each_at(s->fd, real, each, userdata);
}
