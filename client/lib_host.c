/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Host memory in the stead of P2P memory. It is a descriptor as well, so that
 * it can be passed on, and is all there from the beginning, so that lack of it
 * shows here and not as a signal later. It is sealed against being cut short,
 * which is what makes it safe to be mapped by whoever gets it.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "common/cleanup.h"
#include "client/lib_buffer.h"

#define SEALS (F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL)

static uint64_t round_up(uint64_t n, uint64_t unit)
{
	return (n + unit - 1) / unit * unit;
}

/* A line of /proc/meminfo, in bytes; 0 if there is none. */
static uint64_t meminfo(const char *what)
{
	_cleanup_fclose_ FILE *f = fopen("/proc/meminfo", "re");
	char line[128], name[64];
	unsigned long kib;

	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "%63[^:]: %lu kB", name, &kib) == 2 && strcmp(name, what) == 0)
			return (uint64_t)kib << 10;
	return 0;
}

/*
 * Taking page after page until there is none left would have the kernel kill
 * somebody. Where it does not say what there is, nothing is held against it.
 */
static bool is_there_so_much(uint64_t size)
{
	uint64_t available = meminfo("MemAvailable");

	return !available || size <= available;
}

static int make(uint64_t size, unsigned int flags)
{
	_cleanup_close_ int fd =
		memfd_create("p2pmem-host", MFD_CLOEXEC | MFD_ALLOW_SEALING | flags);

	if (fd < 0)
		return -errno;
	if (fallocate(fd, 0, 0, (off_t)size) < 0)
		return errno == ENOSPC || errno == EFBIG ? -ENOMEM : -errno;
	if (fcntl(fd, F_ADD_SEALS, SEALS) < 0)
		return -errno;
	return take_fd(&fd);
}

/* All sizes are rounded to what the mapping will be. */
static int take(struct p2pmem_buffer *buffer, uint64_t size, uint64_t unit, unsigned int flags,
		enum p2pmem_kind kind)
{
	int fd = make(round_up(size, unit), flags);

	if (fd < 0)
		return fd;
	buffer->fd = fd;
	buffer->size = round_up(size, unit);
	buffer->kind = kind;
	return 0;
}

int host_memory(uint64_t size, enum p2pmem_fallback fallback, struct p2pmem_buffer *buffer)
{
	uint64_t huge = fallback == P2PMEM_FALLBACK_HUGE ? meminfo("Hugepagesize") : 0;

	/* Rounded up, it must still be what a file can hold. */
	if (huge && size <= INT64_MAX - huge &&
	    take(buffer, size, huge, MFD_HUGETLB, P2PMEM_KIND_HOST_HUGE) == 0)
		return 0;
	if (size > (uint64_t)(INT64_MAX - sysconf(_SC_PAGESIZE)) || !is_there_so_much(size))
		return -ENOMEM;
	return take(buffer, size, (uint64_t)sysconf(_SC_PAGESIZE), 0, P2PMEM_KIND_HOST);
}
