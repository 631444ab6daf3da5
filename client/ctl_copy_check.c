/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Everything that can forbid a copy before its first byte. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "common/cleanup.h"
#include "client/blockdev.h"
#include "client/ctl_copy.h"
#include "client/say.h"
#include "client/signature.h"
#include "client/size.h"
#include "client/status.h"

static int overlap(const struct endpoint *src, const struct endpoint *dst, const char *how)
{
	problem("%s and %s overlap: %s", src->path, dst->path, how);
	remedy("choose another destination");
	return STATUS_OVERLAP;
}

static int check_files(const struct endpoint *src, const struct endpoint *dst)
{
	if (src->device == dst->device && src->inode == dst->inode)
		return overlap(src, dst, "they are the same file");
	return STATUS_OK;
}

/* At least one of them is a block device; a file lies on that of its file system. */
static int check_devices(const struct endpoint *src, const struct endpoint *dst)
{
	if (src->device == dst->device)
		return overlap(src, dst,
			       src->kind == dst->kind ? "they are the same device" :
							"the file is on that device");
	if (src->kind == ENDPOINT_BLOCK && blockdev_lies_on("/sys", dst->device, src->device))
		return overlap(src, dst, "the destination lies on the source");
	if (dst->kind == ENDPOINT_BLOCK && blockdev_lies_on("/sys", src->device, dst->device))
		return overlap(src, dst, "the source lies on the destination");
	return STATUS_OK;
}

int copy_check_overlap(const struct endpoint *src, const struct endpoint *dst)
{
	if (dst->kind == ENDPOINT_NONE || src->kind == ENDPOINT_NONE)
		return STATUS_OK;
	if (src->kind == ENDPOINT_FILE && dst->kind == ENDPOINT_FILE)
		return check_files(src, dst);
	return check_devices(src, dst);
}

/* The sizes next to it that would do, as far as the source has them. */
static void suggest_sizes(uint64_t size, size_t align, uint64_t available)
{
	uint64_t down = size & ~(uint64_t)(align - 1), up = down + align;

	if (down && up <= available)
		remedy("--size %" PRIu64 ", or --size %" PRIu64, down, up);
	else if (down || up <= available)
		remedy("--size %" PRIu64, down ? down : up);
	else
		remedy("make the source as long as a block");
}

/* Devices have blocks; what is no multiple of one would drag other bytes along. */
static int check_multiple(const struct copy_options *o, const struct endpoint *e, uint64_t size,
			  uint64_t available)
{
	if (e->kind != ENDPOINT_BLOCK || size % e->align == 0)
		return STATUS_OK;
	problem("%" PRIu64 " bytes%s are no multiple of the logical block of %s, %zu bytes", size,
		o->size ? "" : " of the source", e->path, e->align);
	suggest_sizes(size, e->align, available);
	return STATUS_USAGE;
}

static int check_source_size(const struct copy_options *o, const struct endpoint *src,
			     uint64_t size)
{
	if (size == 0) {
		problem("%s is empty: there is nothing to copy", src->path);
		return STATUS_USAGE;
	}
	if (size > src->size) {
		problem("%s has %" PRIu64 " bytes, fewer than the %" PRIu64 " of --size", src->path,
			src->size, size);
		remedy("leave --size out to copy all of it");
		return STATUS_USAGE;
	}
	return check_multiple(o, src, size, src->size);
}

int copy_plan_size(const struct copy_options *o, const struct endpoint *src,
		   const struct endpoint *dst, uint64_t *ret)
{
	uint64_t size = o->size ? o->size : src->size;
	int status = check_source_size(o, src, size);

	if (status == STATUS_OK)
		status = check_multiple(o, dst, size, src->size);
	if (status != STATUS_OK)
		return status;
	if (dst->kind == ENDPOINT_BLOCK && size > dst->size) {
		problem("%s is too small: it has %" PRIu64 " bytes, %" PRIu64 " are to be copied",
			dst->path, dst->size, size);
		remedy("--size %" PRIu64 " copies as much as fits", dst->size);
		return STATUS_TOO_SMALL;
	}
	*ret = size;
	return STATUS_OK;
}

/* Once it is open, by what it holds now. */
int copy_check_empty(const struct endpoint *dst, bool force)
{
	uint64_t size = dst->size;
	struct stat st;

	if (force || dst->kind != ENDPOINT_FILE)
		return STATUS_OK;
	if (dst->fd >= 0 && fstat(dst->fd, &st) == 0)
		size = (uint64_t)st.st_size;
	if (size == 0)
		return STATUS_OK;
	problem("%s exists and holds %" PRIu64 " bytes", dst->path, size);
	remedy("--force overwrites it");
	return STATUS_HOLDS_DATA;
}

/* Looked at through a descriptor of its own, without O_DIRECT, as the library reads at odd places. */
int copy_check_contents(const struct endpoint *dst, bool force)
{
	char self[sizeof("/proc/self/fd/") + 12];
	_cleanup_free_ char *found = NULL;
	_cleanup_close_ int fd = -1;
	int r;

	if (force || dst->kind != ENDPOINT_BLOCK)
		return STATUS_OK;
	snprintf(self, sizeof(self), "/proc/self/fd/%d", dst->fd);
	fd = open(self, O_RDONLY | O_CLOEXEC);
	r = fd < 0 ? -errno : signature_find(fd, &found);
	if (r == 0)
		return STATUS_OK;
	if (r < 0) {
		problem("%s cannot be searched for data: %s", dst->path, strerror(-r));
		remedy("--force leaves the search out, and overwrites what is there");
		return STATUS_IO;
	}
	problem("%s holds %s", dst->path, found);
	remedy("--force overwrites it");
	return STATUS_HOLDS_DATA;
}

/* A file gets its room now, so that a full file system is noticed before the first byte. */
int copy_check_room(const struct endpoint *dst, uint64_t size)
{
	if (dst->kind == ENDPOINT_BLOCK ||
	    fallocate(dst->fd, FALLOC_FL_KEEP_SIZE, 0, (off_t)size) == 0 || errno == EOPNOTSUPP ||
	    errno == EINTR)
		return STATUS_OK;
	problem("%s cannot take %" PRIu64 " bytes: %s", dst->path, size, strerror(errno));
	remedy("make room on that file system, or choose another");
	return STATUS_TOO_SMALL;
}
