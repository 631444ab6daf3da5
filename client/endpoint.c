/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <linux/fs.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

#include "common/cleanup.h"
#include "client/blockdev.h"
#include "client/endpoint.h"
#include "client/say.h"
#include "client/status.h"

/* Where the kernel cannot tell what direct I/O wants, a page suits all but odd devices. */
#define ALIGN_FALLBACK 4096

static int wrong_kind(const char *path, mode_t mode)
{
	problem("%s is %s; a copy needs block devices or regular files", path,
		S_ISDIR(mode)  ? "a directory" :
		S_ISCHR(mode)  ? "a character device" :
		S_ISFIFO(mode) ? "a pipe" :
				 "a socket");
	if (S_ISDIR(mode))
		remedy("name the file in it: %s/FILE", path);
	if (S_ISCHR(mode))
		remedy("lsblk lists block devices; an NVMe drive's are named like /dev/nvme0n1");
	return STATUS_NO_DEVICE;
}

static int fill(struct endpoint *e, const struct stat *st)
{
	if (!S_ISBLK(st->st_mode) && !S_ISREG(st->st_mode))
		return wrong_kind(e->path, st->st_mode);
	e->kind = S_ISBLK(st->st_mode) ? ENDPOINT_BLOCK : ENDPOINT_FILE;
	e->device = S_ISBLK(st->st_mode) ? st->st_rdev : st->st_dev;
	e->inode = st->st_ino;
	e->size = S_ISREG(st->st_mode) ? (uint64_t)st->st_size : 0;
	return STATUS_OK;
}

static int cannot_open(const struct endpoint *e, int error)
{
	switch (error) {
	case EINVAL:
	case EOPNOTSUPP:
		problem("%s cannot be opened for direct I/O (O_DIRECT)", e->path);
		remedy("use a block device, or a file on a file system that has it, like ext4 or XFS");
		return STATUS_NO_DIRECT_IO;
	case EACCES:
	case EPERM:
	case EROFS:
		problem("%s: %s", e->path, strerror(error));
		remedy("reading SRC, and both reading and writing DST must be allowed to you");
		return STATUS_NOT_PERMITTED;
	case ETXTBSY:
		problem("%s is being executed or used as swap space", e->path);
		return STATUS_IN_USE;
	case ENOENT:
	case ENOTDIR:
		problem("%s: %s", e->path, strerror(error));
		remedy("check the path; lsblk lists the block devices of this machine");
		return STATUS_NO_DEVICE;
	default:
		problem("%s: %s", e->path, strerror(error));
		return error == ENXIO || error == ENODEV || error == ELOOP || error == ENOMEDIUM ?
			       STATUS_NO_DEVICE :
			       STATUS_FAILURE;
	}
}

int endpoint_look(const char *path, struct endpoint *ret)
{
	struct endpoint e = { .path = path, .fd = -1 };
	struct stat st;
	int status = STATUS_OK;

	if (stat(path, &st) == 0)
		status = fill(&e, &st);
	else if (errno != ENOENT)
		status = cannot_open(&e, errno);
	if (status == STATUS_OK)
		*ret = e;
	return status;
}

static bool is_power_of_two(size_t n)
{
	return n && (n & (n - 1)) == 0;
}

static int measure_block(struct endpoint *e)
{
	uint64_t size;
	int logical;

	if (ioctl(e->fd, BLKGETSIZE64, &size) < 0 || ioctl(e->fd, BLKSSZGET, &logical) < 0)
		return cannot_open(e, errno);
	e->size = size;
	e->align = logical;
	return STATUS_OK;
}

/* A file system that would answer direct I/O with a copy through its cache says 0 here. */
static int measure_file(struct endpoint *e)
{
	struct statx sx;

	e->align = ALIGN_FALLBACK;
	if (statx(e->fd, "", AT_EMPTY_PATH, STATX_DIOALIGN, &sx) < 0 ||
	    !(sx.stx_mask & STATX_DIOALIGN))
		return STATUS_OK;
	if (sx.stx_dio_offset_align == 0)
		return cannot_open(e, EOPNOTSUPP);
	e->align = sx.stx_dio_offset_align;
	return STATUS_OK;
}

static int measure(struct endpoint *e)
{
	int status = e->kind == ENDPOINT_BLOCK ? measure_block(e) : measure_file(e);

	if (!is_power_of_two(e->align))
		e->align = ALIGN_FALLBACK;
	return status;
}

/* What was opened has to be what was looked at. */
static int check_same(const struct endpoint *e)
{
	struct endpoint now = { .path = e->path };
	struct stat st;
	int status;

	if (fstat(e->fd, &st) < 0)
		return cannot_open(e, errno);
	status = fill(&now, &st);
	if (status != STATUS_OK)
		return status;
	if (now.kind == e->kind && now.device == e->device && now.inode == e->inode)
		return STATUS_OK;
	problem("%s was replaced while it was looked at", e->path);
	return STATUS_FAILURE;
}

int endpoint_open_source(struct endpoint *e)
{
	int status;

	if (e->kind == ENDPOINT_NONE)
		return cannot_open(e, ENOENT);
	e->fd = open(e->path, O_RDONLY | O_DIRECT | O_CLOEXEC | O_NOCTTY);
	if (e->fd < 0)
		return cannot_open(e, errno);
	status = check_same(e);
	return status == STATUS_OK ? measure(e) : status;
}

static int in_use(const struct endpoint *e)
{
	_cleanup_fclose_ FILE *mounts = fopen("/proc/self/mountinfo", "re");
	_cleanup_free_ char *users = NULL;

	if (mounts && blockdev_users("/sys", mounts, e->device, &users) < 0)
		return no_memory();
	if (users)
		problem("%s is in use: %s", e->path, users);
	else
		problem("%s is in use: by another program, or mounted where it cannot be seen from here",
			e->path);
	remedy("unmount or release it first; --force does not help here");
	return STATUS_IN_USE;
}

static int open_block(struct endpoint *e)
{
	e->fd = open(e->path, O_RDWR | O_DIRECT | O_EXCL | O_CLOEXEC | O_NOCTTY);
	if (e->fd < 0)
		return errno == EBUSY ? in_use(e) : cannot_open(e, errno);
	return check_same(e);
}

static int open_file(struct endpoint *e)
{
	e->fd = open(e->path, O_RDWR | O_DIRECT | O_CLOEXEC | O_NOCTTY);
	return e->fd < 0 ? cannot_open(e, errno) : check_same(e);
}

/* A mistyped device: a file of that name would be made in memory, and look like a success. */
static bool is_among_devices(const char *path)
{
	_cleanup_free_ char *copy = strdup(path), *folder = NULL;

	folder = copy ? realpath(dirname(copy), NULL) : NULL;
	if (!folder || (strcmp(folder, "/dev") != 0 && strncmp(folder, "/dev/", 5) != 0))
		return false;
	return strcmp(folder, "/dev/shm") != 0 && strncmp(folder, "/dev/shm/", 9) != 0;
}

/*
 * Where direct I/O is not to be had, Linux makes the file before it says so:
 * made without, and switched over then, it can be removed again.
 */
static int make_file(struct endpoint *e)
{
	struct stat st;

	if (is_among_devices(e->path))
		return cannot_open(e, ENOENT);
	e->fd = open(e->path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOCTTY, 0666);
	if (e->fd < 0)
		return cannot_open(e, errno);
	e->created = true;
	if (fcntl(e->fd, F_SETFL, O_DIRECT) < 0 || fstat(e->fd, &st) < 0)
		return cannot_open(e, errno);
	return fill(e, &st);
}

int endpoint_open_destination(struct endpoint *e)
{
	int status = e->kind == ENDPOINT_BLOCK ? open_block(e) :
		     e->kind == ENDPOINT_FILE  ? open_file(e) :
						 make_file(e);

	return status == STATUS_OK ? measure(e) : status;
}

/* Only the file that was made: the name, or what is in it, may be another's by now. */
static void unmake(const struct endpoint *e)
{
	struct stat opened, named;

	if (fstat(e->fd, &opened) == 0 && opened.st_size == 0 && stat(e->path, &named) == 0 &&
	    opened.st_dev == named.st_dev && opened.st_ino == named.st_ino)
		unlink(e->path);
}

void endpoint_close(struct endpoint *e, bool unmake_it)
{
	if (e->fd >= 0 && e->created && unmake_it)
		unmake(e);
	close_fd(&e->fd);
}
