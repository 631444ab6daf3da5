/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the kernel says of a buffer: when asked, and when it happens. */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>

#include "common/pci.h"
#include "client/lib_buffer.h"

void p2pmem_buffer_cancel(struct p2pmem_buffer *buffer)
{
	int saved = errno;

	if (buffer)
		eventfd_write(buffer->wake, 1);
	errno = saved;
}

int p2pmem_buffer_wait(struct p2pmem_buffer *buffer, enum p2pmem_state state, int timeout_ms)
{
	struct pollfd p[] = {
		{ .fd = buffer->fd, .events = state == P2PMEM_STATE_LIVE ? POLLPRI : 0 },
		{ .fd = buffer->wake, .events = POLLIN },
	};

	if (state != P2PMEM_STATE_LIVE && state != P2PMEM_STATE_NOTICE)
		return -EINVAL;
	if (poll(p, 2, timeout_ms) < 0)
		return -errno;
	if (p[1].revents)
		return -ECANCELED;
	if (p[0].revents & POLLNVAL)
		return -EBADF;
	if (p[0].revents & POLLHUP)
		return P2PMEM_STATE_REVOKED;
	return p[0].revents & POLLPRI ? P2PMEM_STATE_NOTICE : (int)state;
}

/* ---- information ----------------------------------------------------- */

static int ask_driver(const struct p2pmem_buffer *buffer, struct p2pmem_info *info)
{
	struct p2pmem_buffer_info b = { .size = sizeof(b) };

	if (ioctl(buffer->fd, P2PMEM_BUFFER_INFO, &b) < 0)
		return -errno;
	info->state = b.state;
	info->id = b.id;
	info->pinned = b.pinned_pages * (uint64_t)sysconf(_SC_PAGESIZE);
	snprintf(info->region, sizeof(info->region), "p2pmem%u", b.region);
	pci_address_format(&b.provider, info->provider);
	return 0;
}

int p2pmem_buffer_get_info(const struct p2pmem_buffer *buffer, struct p2pmem_info *info)
{
	size_t size = info->struct_size;
	struct p2pmem_info i = {
		.struct_size = size,
		.size = buffer->size,
		.kind = p2pmem_buffer_kind(buffer),
		.state = P2PMEM_STATE_LIVE,
	};
	int r;

	if (size < SIZE_UP_TO(struct p2pmem_info, provider))
		return -EINVAL;
	if (i.kind == P2PMEM_KIND_PEER_TO_PEER) {
		r = ask_driver(buffer, &i);
		/* Unless it was detached meanwhile. */
		i.kind = p2pmem_buffer_kind(buffer);
		if (r < 0 && i.kind == P2PMEM_KIND_PEER_TO_PEER)
			return r;
	}
	memset(info, 0, size);
	memcpy(info, &i, size < sizeof(i) ? size : sizeof(i));
	return 0;
}
