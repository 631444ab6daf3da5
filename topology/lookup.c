/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "common/cleanup.h"
#include "topology/lookup.h"
#include "topology/sysfs.h"

#define LINKS_MAX 40 /* as the kernel has it */

/* What is left of a path, of which links may add to the front. */
struct way {
	char text[PATH_MAX];
	const char *rest;
	unsigned int links;
};

/* The next component is @n bytes of the rest; false: there is none. */
static bool next(struct way *w, size_t *n)
{
	w->rest += strspn(w->rest, "/");
	*n = strcspn(w->rest, "/");
	return *n > 0;
}

/* Puts what a link says before the rest. */
static int add_target(struct way *w, const char *target)
{
	char text[PATH_MAX];
	int n = snprintf(text, sizeof(text), "%s/%s", target, w->rest);

	if (target[0] == '/')
		return -ENOENT;
	if (++w->links > LINKS_MAX)
		return -ELOOP;
	if (n >= (int)sizeof(text))
		return -ENAMETOOLONG;
	memcpy(w->text, text, (size_t)n + 1);
	w->rest = w->text;
	return 0;
}

/* Goes on from @path by a component of @n bytes, or by what it links to. */
static int go_on(int root, struct way *w, size_t n, char path[static PATH_MAX])
{
	char part[NAME_MAX + 1], further[PATH_MAX], target[PATH_MAX];
	int r;

	if (n > NAME_MAX)
		return -ENAMETOOLONG;
	memcpy(part, w->rest, n);
	part[n] = '\0';
	w->rest += n;
	r = path_follow(path, part, further, sizeof(further));
	if (r < 0)
		return r;
	/* Behind . and .. there is no link, as what led there was looked at. */
	r = *further ? sysfs_link_at(root, further, target, sizeof(target)) : -EINVAL;
	if (r == 0)
		return add_target(w, target);
	if (r == -EINVAL) {
		memcpy(path, further, strlen(further) + 1);
		return 0;
	}
	return r;
}

int lookup_real(int root, const char *path, char ret[static PATH_MAX])
{
	struct way w = { .rest = w.text };
	size_t n = strlen(path);
	int r = 0;

	if (n >= sizeof(w.text))
		return -ENAMETOOLONG;
	memcpy(w.text, path, n + 1);
	ret[0] = '\0';
	while (r == 0 && next(&w, &n))
		r = go_on(root, &w, n, ret);
	return r;
}

/* Opens the component of @n bytes at @path. */
static int open_part(int dir, const char *path, size_t n, int flags)
{
	char part[NAME_MAX + 1];
	int fd;

	if (n > NAME_MAX)
		return -ENAMETOOLONG;
	memcpy(part, path, n);
	part[n] = '\0';
	if (strcmp(part, "..") == 0)
		return -ENOENT;
	fd = openat(dir, part, flags | O_NOFOLLOW | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

int lookup_open(int dir, const char *path, int flags)
{
	_cleanup_close_ int above = -1;
	size_t n;

	path += strspn(path, "/");
	if (!*path)
		return open_part(dir, ".", 1, flags);
	while (path[n = strcspn(path, "/")]) {
		int fd = open_part(above < 0 ? dir : above, path, n, O_PATH | O_DIRECTORY);

		if (fd < 0)
			return fd;
		close_fd(&above);
		above = fd;
		path += n;
		path += strspn(path, "/");
	}
	return open_part(above < 0 ? dir : above, *path ? path : ".", *path ? n : 1, flags);
}
