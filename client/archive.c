/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Unpacking. Nothing is ever written through a link: each folder on the way to
 * an entry is opened by itself and must be one. A link's target may climb at
 * its beginning only, and not above the top; as the folders it climbs are real
 * ones, and all links keep to this, none leads out.
 */
#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "common/cleanup.h"
#include "common/utf8.h"
#include "client/archive.h"

#define ENTRIES_MAX 1000000
#define FILE_SIZE_MAX (16 << 20)
#define TOTAL_SIZE_MAX (256 << 20)
#define DEPTH_MAX 64

struct unpacking {
	struct archive *archive;
	int into;
	unsigned int entries;
	size_t total;
	char **why;
};

static void archive_freep(struct archive **a)
{
	archive_read_free(*a);
}

__attribute__((format(printf, 3, 4))) static int refuse(struct unpacking *u, int error,
							const char *format, ...)
{
	_cleanup_free_ char *raw = NULL;
	va_list ap;

	va_start(ap, format);
	if (vasprintf(&raw, format, ap) < 0)
		raw = NULL;
	va_end(ap);
	free(*u->why);
	*u->why = raw ? utf8_clean(raw) : NULL;
	return error;
}

/* What libarchive has to say, which is not always something. */
static int broken(struct unpacking *u)
{
	const char *text = archive_error_string(u->archive);

	return refuse(u, -EBADMSG, "%s", text ? text : "it is cut off or damaged");
}

static bool is_name(const char *name, size_t n)
{
	return n > 0 && n <= NAME_MAX && strncmp(name, ".", n) != 0 &&
	       !(n == 2 && strncmp(name, "..", n) == 0);
}

/* How many names the path has; -1: it is none that stays where it is put. */
static int path_depth(const char *path)
{
	int depth = 0;

	while (*path) {
		size_t n = strcspn(path, "/");

		if (!is_name(path, n) || ++depth > DEPTH_MAX)
			return -1;
		path += n;
		path += *path == '/';
	}
	return depth;
}

/* Without "./" in front and slashes behind, as tar programs write them. */
static char *entry_path(struct archive_entry *e)
{
	const char *path = archive_entry_pathname(e);
	char *copy;
	size_t n;

	if (!path || strlen(path) >= PATH_MAX)
		return strdup("/");
	while (strncmp(path, "./", 2) == 0)
		path += 2;
	if (strcmp(path, ".") == 0)
		path++;
	copy = strdup(path);
	for (n = copy ? strlen(copy) : 0; n > 1 && copy[n - 1] == '/'; n--)
		copy[n - 1] = '\0';
	return copy;
}

static bool stays_inside(const char *target, int depth)
{
	if (!target || strlen(target) >= PATH_MAX)
		return false;
	while (depth > 0 && strncmp(target, "../", 3) == 0) {
		target += 3;
		depth--;
	}
	if (depth > 0 && strcmp(target, "..") == 0)
		return true;
	return path_depth(target) > 0;
}

/* The folder called @name in @parent, made if it is not there. */
static int enter(int parent, const char *name)
{
	if (mkdirat(parent, name, 0700) < 0 && errno != EEXIST)
		return -errno;
	parent = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	return parent < 0 ? -errno : parent;
}

/* The folder that the last name of @path is to be in; @path is cut up. */
static int enter_above(const struct unpacking *u, char *path, char **ret_name)
{
	_cleanup_close_ int fd = fcntl(u->into, F_DUPFD_CLOEXEC, 3);
	char *slash;

	if (fd < 0)
		return -errno;
	for (; (slash = strchr(path, '/')); path = slash + 1) {
		int next;

		*slash = '\0';
		next = enter(fd, path);
		if (next < 0)
			return next;
		close(fd);
		fd = next;
	}
	*ret_name = path;
	return take_fd(&fd);
}

static int write_all(int fd, const char *data, size_t n)
{
	while (n > 0) {
		ssize_t w = write(fd, data, n);

		if (w < 0 && errno != EINTR)
			return -errno;
		if (w > 0) {
			data += w;
			n -= (size_t)w;
		}
	}
	return 0;
}

static int unpack_file(struct unpacking *u, int parent, const char *name)
{
	_cleanup_close_ int fd =
		openat(parent, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	char data[16384];
	size_t size = 0;
	ssize_t n;
	int r;

	if (fd < 0)
		return -errno;
	while ((n = archive_read_data(u->archive, data, sizeof(data))) > 0) {
		size += (size_t)n;
		u->total += (size_t)n;
		if (size > FILE_SIZE_MAX || u->total > TOTAL_SIZE_MAX)
			return refuse(u, -E2BIG, "it holds more data than any report");
		r = write_all(fd, data, (size_t)n);
		if (r < 0)
			return r;
	}
	return n < 0 ? broken(u) : 0;
}

static int unpack_link(struct unpacking *u, struct archive_entry *e, int depth, int parent,
		       const char *name)
{
	const char *target = archive_entry_symlink(e);

	if (!stays_inside(target, depth - 1))
		return refuse(u, -EBADMSG, "its link '%s' leads out of it", name);
	return symlinkat(target, parent, name) < 0 ? -errno : 0;
}

static int unpack_folder(int parent, const char *name)
{
	_cleanup_close_ int fd = enter(parent, name);

	return fd < 0 ? fd : 0;
}

static int put_entry(struct unpacking *u, struct archive_entry *e, char *path, int depth)
{
	_cleanup_close_ int parent = -1;
	char *name = NULL;

	parent = enter_above(u, path, &name);
	if (parent < 0)
		return parent;
	switch (archive_entry_filetype(e)) {
	case AE_IFDIR:
		return unpack_folder(parent, name);
	case AE_IFREG:
		return unpack_file(u, parent, name);
	case AE_IFLNK:
		return unpack_link(u, e, depth, parent, name);
	default:
		return refuse(u, -EBADMSG,
			      "its entry '%s' is neither file nor folder nor symbolic link", name);
	}
}

static int unpack_entry(struct unpacking *u, struct archive_entry *e)
{
	_cleanup_free_ char *path = entry_path(e), *shown = NULL;
	int depth, r;

	if (!path)
		return -ENOMEM;
	if (++u->entries > ENTRIES_MAX)
		return refuse(u, -E2BIG, "it has more entries than any report");
	depth = path_depth(path);
	if (depth < 0)
		return refuse(u, -EBADMSG, "its entry '%.100s' has a path that no report has",
			      path);
	if (archive_entry_hardlink(e))
		return refuse(u, -EBADMSG, "its entry '%.100s' is a hard link", path);
	if (depth == 0)
		return 0;
	shown = strdup(path);
	if (!shown)
		return -ENOMEM;
	r = put_entry(u, e, path, depth);
	if (r < 0 && !*u->why)
		return refuse(u, r, "its entry '%.100s': %s", shown, strerror(-r));
	return r;
}

static bool signal_pending(void)
{
	sigset_t set;

	return sigpending(&set) == 0 && (sigismember(&set, SIGINT) || sigismember(&set, SIGTERM) ||
					 sigismember(&set, SIGHUP));
}

static int unpack_entries(struct unpacking *u)
{
	struct archive_entry *e;
	int r;

	while ((r = archive_read_next_header(u->archive, &e)) == ARCHIVE_OK) {
		if (signal_pending())
			return -EINTR;
		r = unpack_entry(u, e);
		if (r < 0)
			return r;
	}
	return r == ARCHIVE_EOF ? 0 : broken(u);
}

/* Few formats: less to go wrong with. */
static struct archive *new_reader(void)
{
	_cleanup_(archive_freep) struct archive *a = archive_read_new();

	if (!a || archive_read_support_format_tar(a) != ARCHIVE_OK ||
	    archive_read_support_filter_gzip(a) != ARCHIVE_OK ||
	    archive_read_support_filter_xz(a) != ARCHIVE_OK)
		return NULL;
	return take_ptr(a);
}

int archive_unpack(int fd, const char *into, char **ret_why)
{
	_cleanup_(archive_freep) struct archive *a = new_reader();
	_cleanup_close_ int folder = open(into, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct unpacking u = { .archive = a, .into = folder, .why = ret_why };

	if (!a)
		return -ENOMEM;
	if (folder < 0)
		return -errno;
	if (archive_read_open_fd(a, fd, 16384) != ARCHIVE_OK)
		return broken(&u);
	return unpack_entries(&u);
}
