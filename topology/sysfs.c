/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The root, its folders and links. Every look-up goes through openat2(), which
 * keeps it below the root whatever links there are; but for the running
 * kernel's sysfs, which is believed where openat2() is not to be had.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>

#include "common/array.h"
#include "common/cleanup.h"
#include "common/utf8.h"
#include "topology/sysfs.h"

/* A look-up with .. in it is to be repeated when anything was renamed meanwhile. */
#define LOOKUPS_MAX 100

/*
 * Filters of system calls that want to see modes cannot see those of openat2()
 * and take the whole call away, as RestrictSUIDSGID= does. The kernel's own
 * sysfs has no links out of it, so there it can be done without.
 */
static int open_live(int dir, const char *path, uint64_t flags)
{
	struct statfs fs;
	int fd;

	if (fstatfs(dir, &fs) < 0)
		return -errno;
	if (fs.f_type != SYSFS_MAGIC)
		return -ENOSYS;
	fd = openat(dir, path, (int)flags | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

static int open_below(int dir, const char *path, uint64_t flags, uint64_t resolve)
{
	struct open_how how = {
		.flags = flags | O_CLOEXEC,
		.resolve = resolve | RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS,
	};

	for (int i = 0; i < LOOKUPS_MAX; i++) {
		long fd = syscall(SYS_openat2, dir, path, &how, sizeof(how));

		if (fd >= 0)
			return (int)fd;
		if (errno == ENOSYS)
			return open_live(dir, path, flags);
		if (errno != EAGAIN)
			return errno == EXDEV ? -ENOENT : -errno;
	}
	return -EAGAIN;
}

/* Where an open descriptor is, as this process sees it. */
static int path_of(int fd, char path[static PATH_MAX])
{
	char link[40];
	ssize_t n;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = readlink(link, path, PATH_MAX - 1);
	if (n < 0)
		return -errno;
	path[n] = '\0';
	return 0;
}

int sysfs_open(const char *root, struct sysfs *ret)
{
	_cleanup_close_ int fd = open(root, O_PATH | O_DIRECTORY | O_CLOEXEC);
	char path[PATH_MAX];
	struct statfs fs;
	char *real;
	int r;

	if (fd < 0 || fstatfs(fd, &fs) < 0)
		return -errno;
	r = path_of(fd, path);
	if (r < 0)
		return r;
	real = strdup(strcmp(path, "/") == 0 ? "" : path);
	if (!real)
		return -ENOMEM;
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
	return r == -ENOMEM || r == -E2BIG || r == -EMFILE || r == -ENFILE || r == -ENOSYS;
}

/* Relative, also when @dir is empty or begins with a slash. */
static int join(const char *dir, const char *name, char path[static PATH_MAX])
{
	int n;

	dir += strspn(dir, "/");
	n = snprintf(path, PATH_MAX, "%s%s%s", dir, *dir && *name ? "/" : "", name);
	if (n == 0)
		strcpy(path, ".");
	return n < PATH_MAX ? 0 : -ENAMETOOLONG;
}

static int open_path(const struct sysfs *s, const char *dir, const char *name)
{
	char path[PATH_MAX];
	int r = join(dir, name, path);

	return r < 0 ? r : open_below(s->fd, path, O_PATH, 0);
}

int sysfs_dir(const struct sysfs *s, const char *path)
{
	path += strspn(path, "/");
	return open_below(s->fd, *path ? path : ".", O_PATH | O_DIRECTORY, 0);
}

int sysfs_dir_at(int dir, const char *path)
{
	return open_below(dir, path, O_PATH | O_DIRECTORY, RESOLVE_NO_SYMLINKS);
}

bool sysfs_exists(const struct sysfs *s, const char *dir, const char *name)
{
	_cleanup_close_ int fd = open_path(s, dir, name);

	return fd >= 0;
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
	return open_below(dir, name, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_NOFOLLOW,
			  RESOLVE_NO_SYMLINKS);
}

int sysfs_resolve(const struct sysfs *s, const char *dir, const char *name, char **ret)
{
	_cleanup_close_ int fd = open_path(s, dir, name);
	size_t n = strlen(s->root);
	char real[PATH_MAX], *relative;
	int r = fd < 0 ? fd : path_of(fd, real);

	if (r < 0)
		return r;
	if (strncmp(real, s->root, n) != 0 || real[n] != '/')
		return -ENOENT;
	relative = strdup(real + n + 1);
	if (!relative)
		return -ENOMEM;
	*ret = relative;
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
	int fd = open_below(dir, name, O_RDONLY | O_DIRECTORY | O_NONBLOCK, 0);
	int r = fd < 0 ? fd : read_names(fd, &names);

	for (size_t i = 0; r == 0 && i < names.n; i++)
		r = each(names.list[i], userdata);
	return r;
}

int sysfs_each(const struct sysfs *s, const char *dir,
	       int (*each)(const char *name, void *userdata), void *userdata)
{
	dir += strspn(dir, "/");
	return sysfs_each_at(s->fd, *dir ? dir : ".", each, userdata);
}
