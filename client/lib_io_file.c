/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What is refused before the first transfer: a descriptor, or a file system,
 * that would have the data copied by the CPU and say nothing.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/fs.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/statfs.h>

#include "common/cleanup.h"
#include "client/lib_io.h"
#include "client/place.h"
#include "client/transfer.h"

/* Where the kernel cannot tell what direct I/O wants, a page suits all but odd devices. */
#define ALIGN_FALLBACK 4096

#define ELSEWHERE "Use a block device, or a file on ext4 or XFS."

static void file_freep(struct p2pmem_io_file **file)
{
	if (*file)
		free((*file)->name);
	free(*file);
}

static int cannot_ask(struct p2pmem_io *io, const struct p2pmem_io_file *file)
{
	return failure_set(&io->failure, -errno, "%s: %s", file->name, strerror(errno));
}

static int check_direct(struct p2pmem_io *io, struct p2pmem_io_file *file)
{
	int flags = fcntl(file->fd, F_GETFL);

	if (flags < 0)
		return cannot_ask(io, file);
	file->is_writable = (flags & O_ACCMODE) != O_RDONLY;
	if (flags & O_DIRECT)
		return 0;
	failure_set_remedy(&io->failure, "Open it with O_DIRECT, or set that with fcntl(F_SETFL).");
	return failure_set(&io->failure, -EINVAL,
			   "%s was opened without O_DIRECT: its data would be copied by the CPU",
			   file->name);
}

/* What a file open for appending is given goes to its end, whatever place was named. */
static int check_place(struct p2pmem_io *io, const struct p2pmem_io_file *file)
{
	if (!file->is_writable || !(fcntl(file->fd, F_GETFL) & O_APPEND))
		return 0;
	failure_set_remedy(&io->failure, "Open it without O_APPEND, or clear that with "
					 "fcntl(F_SETFL).");
	return failure_set(&io->failure, -EINVAL,
			   "%s was opened with O_APPEND: all writes would go to its end, in any "
			   "order",
			   file->name);
}

static int measure_device(struct p2pmem_io *io, struct p2pmem_io_file *file)
{
	int logical;

	file->is_device = true;
	if (ioctl(file->fd, BLKGETSIZE64, &file->size) < 0 ||
	    ioctl(file->fd, BLKSSZGET, &logical) < 0)
		return cannot_ask(io, file);
	file->align = (size_t)logical;
	return 0;
}

static int measure_file(struct p2pmem_io *io, struct p2pmem_io_file *file)
{
	struct statx sx;

	file->align = ALIGN_FALLBACK;
	if (statx(file->fd, "", AT_EMPTY_PATH, STATX_DIOALIGN, &sx) < 0 ||
	    !(sx.stx_mask & STATX_DIOALIGN))
		return 0;
	file->align = sx.stx_dio_offset_align;
	if (file->align)
		return 0;
	failure_set_remedy(&io->failure, ELSEWHERE);
	return failure_set(&io->failure, -EOPNOTSUPP,
			   "the file system of %s does not do direct I/O on it, but copies by CPU",
			   file->name);
}

/*
 * ext2 and its successors write what a file has no room for yet past the page
 * cache only if the file is made of extents; otherwise they copy, unasked.
 */
static int check_extents(struct p2pmem_io *io, const struct p2pmem_io_file *file)
{
	struct statfs fs;
	int flags;

	if (!file->is_writable || fstatfs(file->fd, &fs) < 0 || fs.f_type != EXT4_SUPER_MAGIC ||
	    ioctl(file->fd, FS_IOC_GETFLAGS, &flags) < 0 || (flags & FS_EXTENT_FL))
		return 0;
	failure_set_remedy(&io->failure, "Use a file system made with extents, as mkfs.ext4 does "
					 "without further options, or XFS.");
	return failure_set(&io->failure, -EOPNOTSUPP,
			   "%s is kept block by block, not in extents: the file system would write "
			   "to it by copying",
			   file->name);
}

/* Whatever the broker would not lend for, as nobody knows where its data goes. */
static int check_file_system(struct p2pmem_io *io, const struct p2pmem_io_file *file,
			     const struct stat *st)
{
	struct place place;
	int r;

	if (!io_is_peer_to_peer(io))
		return 0;
	r = place_from_file(&io->failure, file->fd, file->name, st, &place);
	return r < 0 ? r : check_extents(io, file);
}

static int measure(struct p2pmem_io *io, struct p2pmem_io_file *file)
{
	struct stat st;
	int r;

	if (fstat(file->fd, &st) < 0)
		return cannot_ask(io, file);
	file->device = S_ISBLK(st.st_mode) ? st.st_rdev : st.st_dev;
	if (!S_ISBLK(st.st_mode) && !S_ISREG(st.st_mode))
		return failure_set(&io->failure, -ENOTBLK,
				   "%s is neither a block device nor a regular file", file->name);
	r = check_direct(io, file);
	if (r < 0)
		return r;
	if (S_ISBLK(st.st_mode))
		return measure_device(io, file);
	file->size = (uint64_t)st.st_size;
	r = check_place(io, file);
	if (r == 0)
		r = check_file_system(io, file, &st);
	return r < 0 ? r : measure_file(io, file);
}

static int name_it(struct p2pmem_io_file *file, const char *name)
{
	char self[sizeof("/proc/self/fd/") + 12], opened[PATH_MAX];
	ssize_t n;

	if (!name) {
		snprintf(self, sizeof(self), "/proc/self/fd/%d", file->fd);
		n = readlink(self, opened, sizeof(opened) - 1);
		if (n < 0)
			n = snprintf(opened, sizeof(opened), "descriptor %d", file->fd);
		opened[n] = '\0';
		name = opened;
	}
	file->name = strdup(name);
	return file->name ? 0 : -ENOMEM;
}

int p2pmem_io_attach(struct p2pmem_io *io, int fd, const char *name, struct p2pmem_io_file **ret)
{
	_cleanup_(file_freep) struct p2pmem_io_file *file = calloc(1, sizeof(*file));
	int r;

	io_begin(io);
	if (!file)
		return -ENOMEM;
	file->fd = fd;
	r = name_it(file, name);
	if (r == 0)
		r = measure(io, file);
	if (r < 0)
		return r;
	if (file->align == 0 || (file->align & (file->align - 1)))
		file->align = ALIGN_FALLBACK;
	file->transfer_max = transfer_max("/sys", file->device);
	file->next = io->files;
	io->files = file;
	*ret = take_ptr(file);
	return 0;
}

size_t p2pmem_io_file_align(const struct p2pmem_io_file *file)
{
	return file->align;
}

uint64_t p2pmem_io_file_size(const struct p2pmem_io_file *file)
{
	return file->size;
}
