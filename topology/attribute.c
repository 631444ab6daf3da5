/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What attributes of sysfs say: one line, a text or a number. */
#include <errno.h>
#include <limits.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/utf8.h"
#include "topology/sysfs.h"

/* As long as an attribute can be. */
#define ATTRIBUTE_MAX 4096

static int read_attribute(const struct sysfs *s, int dir, const char *name,
			  char text[static ATTRIBUTE_MAX + 1])
{
	_cleanup_close_ int fd = sysfs_attribute_at(s, dir, name);
	ssize_t n;

	if (fd < 0)
		return fd;
	n = read(fd, text, ATTRIBUTE_MAX);
	if (n < 0)
		return -errno;
	text[n] = '\0';
	return 0;
}

int sysfs_string_at(const struct sysfs *s, int dir, const char *name, char **ret)
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

int sysfs_u64_at(const struct sysfs *s, int dir, const char *name, uint64_t *ret)
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

int sysfs_int_at(const struct sysfs *s, int dir, const char *name, int *ret)
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

int sysfs_string(const struct sysfs *s, const char *dir, const char *name, char **ret)
{
	_cleanup_close_ int fd = sysfs_dir(s, dir);

	return fd < 0 ? fd : sysfs_string_at(s, fd, name, ret);
}

int sysfs_u64(const struct sysfs *s, const char *dir, const char *name, uint64_t *ret)
{
	_cleanup_close_ int fd = sysfs_dir(s, dir);

	return fd < 0 ? fd : sysfs_u64_at(s, fd, name, ret);
}

int sysfs_int(const struct sysfs *s, const char *dir, const char *name, int *ret)
{
	_cleanup_close_ int fd = sysfs_dir(s, dir);

	return fd < 0 ? fd : sysfs_int_at(s, fd, name, ret);
}
