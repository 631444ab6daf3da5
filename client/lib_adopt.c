/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Descriptors that come from elsewhere. Whoever handed one over may have meant
 * harm: what a file is, is judged by what only the kernel can say of it. The
 * driver's files are told by the type of their file system, since a request
 * number may mean something else to another driver.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include "common/cleanup.h"
#include "client/lib_buffer.h"

static int examine_driver(int fd, uint64_t *ret_size)
{
	struct p2pmem_buffer_info b = { .size = sizeof(b) };

	if (ioctl(fd, P2PMEM_BUFFER_INFO, &b) < 0)
		return -errno;
	*ret_size = b.length;
	return 0;
}

/* Memory that could be cut short, or of another size than it says, is not for mapping. */
static int examine_host(int fd, enum p2pmem_kind *ret_kind, uint64_t *ret_size)
{
	int seals = fcntl(fd, F_GET_SEALS);
	long page = sysconf(_SC_PAGESIZE);
	struct stat st;

	if (seals < 0 || !(seals & F_SEAL_SHRINK))
		return -ENOTTY;
	if (fstat(fd, &st) < 0)
		return -errno;
	if (st.st_size <= 0 || st.st_size % page != 0 || st.st_size % st.st_blksize != 0)
		return -ENOTTY;
	if (seals & (F_SEAL_WRITE | F_SEAL_FUTURE_WRITE))
		return -EACCES;
	*ret_kind = st.st_blksize > page ? P2PMEM_KIND_HOST_HUGE : P2PMEM_KIND_HOST;
	*ret_size = (uint64_t)st.st_size;
	return 0;
}

int buffer_examine(int fd, enum p2pmem_kind *ret_kind, uint64_t *ret_size)
{
	int flags = fcntl(fd, F_GETFL);
	struct statfs fs;
	int r;

	if (flags < 0 || fstatfs(fd, &fs) < 0)
		return -errno;
	if (flags & O_PATH)
		return -EBADF;
	*ret_kind = P2PMEM_KIND_PEER_TO_PEER;
	r = fs.f_type == P2PMEM_FS_MAGIC ? examine_driver(fd, ret_size) :
					   examine_host(fd, ret_kind, ret_size);
	if (r < 0)
		return r;
	return (flags & O_ACCMODE) == O_RDWR ? 0 : -EACCES;
}

int p2pmem_buffer_from_fd(int fd, struct p2pmem_buffer **ret)
{
	_cleanup_(buffer_freep) struct p2pmem_buffer *buffer = NULL;
	enum p2pmem_kind kind;
	uint64_t size;
	int r = buffer_examine(fd, &kind, &size);

	if (r == 0)
		r = buffer_new(&buffer);
	if (r < 0)
		return r;
	buffer->kind = kind;
	buffer->size = size;
	if (kind != P2PMEM_KIND_PEER_TO_PEER) {
		buffer->fallback_error = -ENODATA;
		buffer->fallback_reason = strdup("it was handed over as host memory");
		if (!buffer->fallback_reason)
			return -ENOMEM;
	}
	if (fcntl(fd, F_SETFD, FD_CLOEXEC) < 0)
		return -errno;
	buffer->fd = fd;
	*ret = take_ptr(buffer);
	return 0;
}
