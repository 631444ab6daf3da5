/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Paths as words; nothing is looked up. */
#include <errno.h>
#include <string.h>

#include "topology/sysfs.h"

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

/* Goes one component on from @path, of which @n bytes are there. */
static int step(char *path, size_t size, size_t *n, const char *part, size_t length)
{
	size_t slash = *n > 0;

	if (length == 0 || (length == 1 && part[0] == '.'))
		return 0;
	if (length == 2 && memcmp(part, "..", 2) == 0) {
		if (*n == 0)
			return -ENOENT;
		path[*n] = '\0';
		*n = (size_t)(path_last(path) - path);
		*n -= *n > 0;
		return 0;
	}
	if (length + slash >= size - *n)
		return -ENAMETOOLONG;
	if (slash)
		path[(*n)++] = '/';
	memcpy(path + *n, part, length);
	*n += length;
	return 0;
}

static int walk(char *path, size_t size, size_t *n, const char *way)
{
	int r = 0;

	while (r == 0 && *way) {
		size_t length = strcspn(way, "/");

		r = step(path, size, n, way, length);
		way += length;
		way += *way == '/';
	}
	return r;
}

int path_follow(const char *dir, const char *target, char *ret, size_t size)
{
	size_t n = 0;
	int r;

	if (target[0] == '/')
		return -ENOENT;
	r = walk(ret, size, &n, dir);
	if (r == 0)
		r = walk(ret, size, &n, target);
	if (r == 0)
		ret[n] = '\0';
	return r;
}
