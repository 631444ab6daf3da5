/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <err.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "common/cleanup.h"
#include "tests/mock/wrap.h"
#include "tests/mock/remote.h"
#include "tests/mock/wire.h"

static int server = -1;

/* What comes behind the reply: @reply->n entries. */
static int receive_entries(const struct wire_reply *reply, size_t entry_size, void **ret)
{
	_cleanup_free_ void *entries = calloc(reply->n + 1, entry_size);
	int none, r;

	if (!entries)
		return -ENOMEM;
	r = wire_receive(server, entries, reply->n * entry_size, &none);
	if (r == 0)
		*ret = take_ptr(entries);
	return r;
}

static int ask(const struct wire_request *q, struct wire_reply *ret, int *ret_fd)
{
	int r = wire_send(server, q, sizeof(*q), -1);

	if (r == 0)
		r = wire_receive(server, ret, sizeof(*ret), ret_fd);
	return r < 0 ? r : ret->result;
}

static int list(enum wire_request_type type, size_t entry_size, void **ret, size_t *ret_n)
{
	struct wire_request q = { .type = type };
	struct wire_reply reply;
	int none, r = ask(&q, &reply, &none);

	if (r < 0)
		return r;
	*ret_n = reply.n;
	return receive_entries(&reply, entry_size, ret);
}

static int list_regions(void *driver, struct p2pmem_region_info **ret, size_t *ret_n)
{
	return list(WIRE_LIST_REGIONS, sizeof(**ret), (void **)ret, ret_n);
}

static int list_buffers(void *driver, struct p2pmem_buffer_info **ret, size_t *ret_n)
{
	return list(WIRE_LIST_BUFFERS, sizeof(**ret), (void **)ret, ret_n);
}

static int query(void *driver, struct p2pmem_query *query)
{
	struct wire_request q = { .type = WIRE_QUERY, .argument.query = *query };
	_cleanup_free_ void *hops = NULL;
	struct wire_reply reply;
	int none, r = ask(&q, &reply, &none);

	if (r < 0)
		return r;
	r = receive_entries(&reply, sizeof(struct p2pmem_hop), &hops);
	if (r < 0)
		return r;
	if (reply.n > 0)
		memcpy((void *)(uintptr_t)query->hops, hops, reply.n * sizeof(struct p2pmem_hop));
	query->distance = reply.argument.query.distance;
	query->verdict = reply.argument.query.verdict;
	query->hop_count = reply.argument.query.hop_count;
	return 0;
}

static int query_block(void *driver, struct p2pmem_query_block *query)
{
	struct wire_request q = { .type = WIRE_QUERY_BLOCK, .argument.query_block = *query };
	struct wire_reply reply;
	int none, r = ask(&q, &reply, &none);

	*query = reply.argument.query_block;
	return r;
}

static int alloc(void *driver, const struct p2pmem_region_info *region, struct p2pmem_alloc *a)
{
	struct wire_request q = { .type = WIRE_ALLOC, .region = *region, .argument.alloc = *a };
	struct wire_reply reply;
	int fd, r;

	kill_point("before:alloc");
	r = ask(&q, &reply, &fd);
	kill_point("after:alloc");
	if (r < 0)
		return r;
	a->id = reply.argument.alloc.id;
	a->fd = fd;
	return 0;
}

static int revoke_buffer(void *driver, uint64_t buffer, bool notice)
{
	struct wire_request q = { .type = WIRE_REVOKE, .notice = notice };
	struct wire_reply reply;
	int none, r;

	q.argument.buffer = buffer;
	kill_point("before:revoke");
	r = ask(&q, &reply, &none);
	kill_point("after:revoke");
	return r;
}

static int open_events(void *driver)
{
	struct wire_request q = { .type = WIRE_OPEN_EVENTS };
	struct wire_reply reply;
	int fd, r = ask(&q, &reply, &fd);

	return r < 0 ? r : fd;
}

static int read_events(void *driver, int fd, struct p2pmem_event *events)
{
	struct wire_request q = { .type = WIRE_READ_EVENTS };
	_cleanup_free_ void *entries = NULL;
	struct wire_reply reply;
	int none, r = ask(&q, &reply, &none);

	if (r <= 0)
		return r;
	r = receive_entries(&reply, sizeof(*events), &entries);
	if (r < 0)
		return r;
	memcpy(events, entries, reply.n * sizeof(*events));
	kill_point("after:events");
	return (int)reply.n;
}

static const struct region_ops remote_ops = {
	.list_regions = list_regions,
	.list_buffers = list_buffers,
	.query = query,
	.query_block = query_block,
	.alloc = alloc,
	.revoke = revoke_buffer,
	.open_events = open_events,
	.read_events = read_events,
};

void remote_driver_init(struct region_driver *d, const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	if (strlen(path) >= sizeof(address.sun_path))
		errx(1, "path too long");
	strcpy(address.sun_path, path);
	server = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (server < 0 || connect(server, (const struct sockaddr *)&address, sizeof(address)) < 0)
		err(1, "%s", path);
	d->ops = &remote_ops;
}
