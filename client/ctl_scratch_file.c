/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A scratch file. It has no name, or loses it at once, so that nothing is left
 * of it, whatever ends the program.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "common/cleanup.h"
#include "client/blockdev.h"
#include "client/ctl_scratch.h"
#include "client/mountinfo.h"
#include "client/say.h"
#include "client/size.h"

/* Where the kernel cannot tell what direct I/O wants, a page suits all but odd devices. */
#define ALIGN_FALLBACK 4096

static int cannot_make(const char *path, int error)
{
	problem("no scratch file can be made in %s: %s", path, strerror(error));
	switch (error) {
	case EACCES:
	case EPERM:
	case EROFS:
		remedy("name a folder that you may write to");
		return STATUS_NOT_PERMITTED;
	case EEXIST:
		remedy("name a folder, or a file that is not there yet: what is there is not touched");
		return STATUS_HOLDS_DATA;
	case ENOSPC:
	case EDQUOT:
	case EFBIG:
		remedy("make room there, or take less by --size");
		return STATUS_TOO_SMALL;
	case EINVAL:
	case EOPNOTSUPP:
		remedy("use a file system that has direct I/O (O_DIRECT), like ext4 or XFS");
		return STATUS_NO_DIRECT_IO;
	case ENOENT:
	case ENOTDIR:
		return STATUS_NO_DEVICE;
	default:
		return STATUS_FAILURE;
	}
}

/* Switched to direct I/O when it has lost its name: where that fails, nothing is left. */
static int make(const char *path, int *ret)
{
	_cleanup_close_ int fd = -1;
	struct stat st;

	if (stat(path, &st) == 0 && S_ISDIR(st.st_mode))
		fd = open(path, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	else
		fd = open(path, O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC | O_NOCTTY, 0600);
	if (fd < 0)
		return -errno;
	if ((fstat(fd, &st) == 0 && st.st_nlink > 0 && unlink(path) < 0) ||
	    fcntl(fd, F_SETFL, O_DIRECT) < 0)
		return -errno;
	*ret = take_fd(&fd);
	return 0;
}

/* Its room is there before anything is measured. */
static int set_size(int fd, uint64_t size)
{
	int r = posix_fallocate(fd, 0, (off_t)size);

	return -r;
}

static size_t align_of(int fd)
{
	struct statx sx;

	if (statx(fd, "", AT_EMPTY_PATH, STATX_DIOALIGN, &sx) < 0 ||
	    !(sx.stx_mask & STATX_DIOALIGN) || sx.stx_dio_offset_align == 0)
		return ALIGN_FALLBACK;
	return sx.stx_dio_offset_align;
}

static int open_file(const char *path, uint64_t size, struct scratch *ret)
{
	_cleanup_close_ int fd = -1;
	struct scratch s = { .kind = SCRATCH_FILE };
	int r = make(path, &fd);

	if (r < 0)
		return r;
	s.align = align_of(fd);
	s.length = (size + s.align - 1) & ~((uint64_t)s.align - 1);
	r = set_size(fd, s.length);
	if (r < 0)
		return r;
	s.path = strdup(path);
	if (!s.path)
		return -ENOMEM;
	s.fd = take_fd(&fd);
	*ret = s;
	return 0;
}

int scratch_file_open(const char *path, uint64_t size, struct scratch *ret)
{
	int r = open_file(path, size, ret);

	return r < 0 ? cannot_make(path, -r) : STATUS_OK;
}

/* A partition of @disk, as sysfs has one below the other. */
static bool is_part_of(dev_t part, dev_t disk)
{
	char path[96], number[32];
	_cleanup_fclose_ FILE *f = NULL;
	unsigned int major_, minor_;

	snprintf(path, sizeof(path), "/sys/dev/block/%u:%u/partition", major(part), minor(part));
	if (access(path, F_OK) < 0)
		return false;
	snprintf(path, sizeof(path), "/sys/dev/block/%u:%u/../dev", major(part), minor(part));
	f = fopen(path, "re");
	return f && fgets(number, sizeof(number), f) &&
	       sscanf(number, "%u:%u", &major_, &minor_) == 2 && makedev(major_, minor_) == disk;
}

bool scratch_is_on(dev_t file, dev_t device)
{
	return file == device || is_part_of(file, device) || blockdev_lies_on("/sys", file, device);
}

static bool is_directly_on(dev_t file, dev_t device)
{
	return file == device || is_part_of(file, device);
}

/* Another file system may be mounted over the place: what is made there is looked at. */
static bool make_on(const char *path, dev_t device, uint64_t size, struct scratch *ret)
{
	struct scratch s = { .fd = -1 };
	struct stat st;

	if (open_file(path, size, &s) < 0)
		return false;
	if (fstat(s.fd, &st) < 0 || !is_directly_on(st.st_dev, device)) {
		scratch_close(&s);
		return false;
	}
	*ret = s;
	return true;
}

/* Past the cache all of it goes to the device itself: file systems on layers are left out. */
int scratch_file_find(dev_t device, uint64_t size, struct scratch *ret)
{
	_cleanup_fclose_ FILE *mounts = fopen("/proc/self/mountinfo", "re");
	_cleanup_free_ char *line = NULL;
	size_t capacity = 0;
	struct mount m;

	while (mounts && mountinfo_next(mounts, &line, &capacity, &m) > 0) {
		if (is_directly_on(m.device, device) && make_on(m.target, device, size, ret))
			break;
	}
	return STATUS_OK;
}
