/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Between the daemon and a mock driver in a process of its own: a request, and
 * then its reply with @n entries behind it and at most one descriptor beside
 * it. Both ends are of one build.
 */
#pragma once

#include "daemon/region.h"

enum wire_request_type {
	WIRE_LIST_REGIONS,
	WIRE_LIST_BUFFERS,
	WIRE_QUERY,
	WIRE_QUERY_BLOCK,
	WIRE_ALLOC,
	WIRE_REVOKE,
	WIRE_OPEN_EVENTS,
	WIRE_READ_EVENTS,
};

union wire_argument {
	struct p2pmem_query query;
	struct p2pmem_query_block query_block;
	struct p2pmem_alloc alloc;
	uint64_t buffer;
};

struct wire_request {
	enum wire_request_type type;
	bool notice;
	struct p2pmem_region_info region;
	union wire_argument argument;
};

struct wire_reply {
	int result;
	size_t n;
	union wire_argument argument;
};

/* Whole, with @fd beside it unless that is -1. 0 or -errno. */
int wire_send(int socket, const void *data, size_t n, int fd);

/* Whole; a descriptor that came with it is stored in @ret_fd, else -1. -EPIPE at the end. */
int wire_receive(int socket, void *data, size_t n, int *ret_fd);
