/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Files: which block device their data is on. A file system that does not say,
 * or would answer direct I/O by copying, is refused: the transfer would not be
 * peer to peer, and nothing would tell.
 */
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <linux/fs.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/sysmacros.h>

#include "common/cleanup.h"
#include "client/lib.h"
#include "client/mountinfo.h"
#include "client/place.h"

#define ELSEWHERE "Use a block device, or a file on ext4 or XFS on an NVMe drive of this machine."

/* Types of file systems by pattern, and what is to be said of each. */
static const struct {
	const char *type;
	const char *why;
	const char *remedy;
} types[] = {
	{ "btrfs",
	  "which spreads files over devices without saying where, and checks what it reads by CPU",
	  ELSEWHERE },
	{ "overlay", "which shows files of other file systems",
	  "Name the file where it really is: the mount options say which folders are below; in a "
	  "container, use a volume." },
	{ "*tmpfs", "which keeps files in host memory", ELSEWHERE },
	{ "ramfs", "which keeps files in host memory", ELSEWHERE },
	{ "hugetlbfs", "which keeps files in host memory", ELSEWHERE },
	{ "nfs*", "which is reached over a network", ELSEWHERE },
	{ "cifs", "which is reached over a network", ELSEWHERE },
	{ "smb3", "which is reached over a network", ELSEWHERE },
	{ "ceph", "which is reached over a network", ELSEWHERE },
	{ "9p", "which another machine serves", ELSEWHERE },
	{ "virtiofs", "which another machine serves", ELSEWHERE },
	{ "fuse*", "which a program serves", ELSEWHERE },
	{ "zfs", "which reads and writes by caches of its own", ELSEWHERE },
	{ "*", "which does not say on which block device its data is", ELSEWHERE },
};

static int refuse_type(struct failure *f, const char *name, const struct mount *m)
{
	size_t i = 0;

	while (fnmatch(types[i].type, m->type, 0) != 0)
		i++;
	failure_set_remedy(f, types[i].remedy);
	return failure_set(f, -EOPNOTSUPP, "%s is on %s (mounted at %s from %s), %s", name, m->type,
			   m->target, m->source, types[i].why);
}

/* File systems without a block device of their own number: say which one it is. */
static int no_block_device(struct failure *f, int fd, const char *name)
{
	_cleanup_fclose_ FILE *mounts = fopen("/proc/self/mountinfo", "re");
	_cleanup_free_ char *line = NULL;
	struct statx sx;
	struct mount m;
	size_t size = 0;

	if (mounts && statx(fd, "", AT_EMPTY_PATH, STATX_MNT_ID, &sx) == 0)
		while (mountinfo_next(mounts, &line, &size, &m) > 0)
			if (m.id == sx.stx_mnt_id)
				return refuse_type(f, name, &m);
	failure_set_remedy(f, ELSEWHERE);
	return failure_set(f, -EOPNOTSUPP,
			   "%s is on a file system without a block device of its own", name);
}

/* What it is that hinders, like a journal for data or compression, no one can be asked. */
static bool lacks_direct_io(int fd)
{
	struct statx sx;

	return statx(fd, "", AT_EMPTY_PATH, STATX_DIOALIGN, &sx) == 0 &&
	       (sx.stx_mask & STATX_DIOALIGN) && sx.stx_dio_offset_align == 0;
}

/* XFS can have such files on a device of their own, which is nowhere to be seen by number. */
static bool is_realtime(int fd)
{
	char self[sizeof("/proc/self/fd/") + 12];
	_cleanup_close_ int file = -1;
	struct fsxattr x;

	snprintf(self, sizeof(self), "/proc/self/fd/%d", fd);
	file = open(self, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	return file >= 0 && ioctl(file, FS_IOC_FSGETXATTR, &x) == 0 &&
	       (x.fsx_xflags & FS_XFLAG_REALTIME);
}

int place_from_file(struct failure *f, int fd, const char *name, const struct stat *st,
		    struct place *ret)
{
	if (major(st->st_dev) == 0)
		return no_block_device(f, fd, name);
	if (lacks_direct_io(fd)) {
		failure_set_remedy(f, ELSEWHERE);
		return failure_set(
			f, -EOPNOTSUPP,
			"the file system of %s does not do direct I/O (O_DIRECT) on it, but copies by CPU",
			name);
	}
	if (is_realtime(fd)) {
		failure_set_remedy(f, "Name that device, or a file that is not a realtime file.");
		return failure_set(
			f, -EOPNOTSUPP,
			"%s is on the realtime device of its XFS, which has no number that could be found",
			name);
	}
	*ret = (struct place){
		.by_number = true,
		.major = major(st->st_dev),
		.minor = minor(st->st_dev),
	};
	return 0;
}
