/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * p2pmem-mock-driver TREE SOCKET [busy]
 *
 * The mock driver in a process of its own, so that buffers outlive the daemon
 * as those of the kernel do. It has the memory for no longer than it takes to
 * hand it out, and observes the last close as driver.h says; it acts on
 * requests only, and what was closed before a request is free for it. Writes
 * a line when it can be connected to. With `busy`, transfers are in flight in
 * all buffers.
 */
#include <err.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "tests/mock/driver.h"
#include "tests/mock/tree.h"
#include "tests/mock/wire.h"

#define CONNECTIONS_MAX 16
#define HOPS_MAX 256

struct outcome {
	struct wire_reply reply;
	void *entries;
	size_t entry_size;
	int fd;
};

/* The array of hops is in another process: here it goes behind the reply. */
static int query(const struct region_driver *d, struct p2pmem_query *q, struct outcome *o)
{
	uint32_t capacity = q->hop_capacity < HOPS_MAX ? q->hop_capacity : HOPS_MAX;
	struct p2pmem_hop *hops = calloc(HOPS_MAX, sizeof(*hops));
	int r;

	if (!hops)
		err(1, "calloc");
	o->entries = hops;
	o->entry_size = sizeof(*hops);
	q->hops = (uintptr_t)hops;
	q->hop_capacity = capacity;
	r = d->ops->query(d->data, q);
	if (r == 0)
		o->reply.n = q->hop_count < capacity ? q->hop_count : capacity;
	return r;
}

static void serve(const struct region_driver *d, struct wire_request *q, struct outcome *o)
{
	static struct p2pmem_event events[EVENTS_MAX];
	struct wire_reply *r = &o->reply;

	r->argument = q->argument;
	switch (q->type) {
	case WIRE_LIST_REGIONS:
		r->result = d->ops->list_regions(d->data, (struct p2pmem_region_info **)&o->entries,
						 &r->n);
		o->entry_size = sizeof(struct p2pmem_region_info);
		break;
	case WIRE_LIST_BUFFERS:
		r->result = d->ops->list_buffers(d->data, (struct p2pmem_buffer_info **)&o->entries,
						 &r->n);
		o->entry_size = sizeof(struct p2pmem_buffer_info);
		break;
	case WIRE_QUERY:
		r->result = query(d, &r->argument.query, o);
		break;
	case WIRE_QUERY_BLOCK:
		r->result = d->ops->query_block(d->data, &r->argument.query_block);
		break;
	case WIRE_ALLOC:
		r->result = d->ops->alloc(d->data, &q->region, &r->argument.alloc);
		o->fd = r->result == 0 ? r->argument.alloc.fd : -1;
		break;
	case WIRE_REVOKE:
		r->result = d->ops->revoke(d->data, q->argument.buffer, q->notice);
		break;
	case WIRE_OPEN_EVENTS:
		r->result = o->fd = d->ops->open_events(d->data);
		break;
	case WIRE_READ_EVENTS:
		r->result = d->ops->read_events(d->data, -1, events);
		r->n = r->result > 0 ? (size_t)r->result : 0;
		o->entry_size = sizeof(*events);
		o->entries = r->n ? memcpy(malloc(sizeof(events)), events, sizeof(events)) : NULL;
		break;
	}
}

/* One request and its reply. -errno: whoever asked is gone. */
static int converse(const struct region_driver *d, int connection)
{
	struct outcome o = { .fd = -1 };
	struct wire_request q;
	int none, r = wire_receive(connection, &q, sizeof(q), &none);

	if (r < 0)
		return r;
	serve(d, &q, &o);
	r = wire_send(connection, &o.reply, sizeof(o.reply), o.fd);
	if (r == 0)
		r = wire_send(connection, o.entries, o.reply.n * o.entry_size, -1);
	close_fd(&o.fd);
	free(o.entries);
	return r;
}

static int listen_at(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (strlen(path) >= sizeof(address.sun_path))
		errx(1, "path too long");
	strcpy(address.sun_path, path);
	if (fd < 0 || bind(fd, (const struct sockaddr *)&address, sizeof(address)) < 0 ||
	    listen(fd, CONNECTIONS_MAX) < 0)
		err(1, "%s", path);
	return fd;
}

/* The first of @polled is the listener. Returns how many there are then. */
static nfds_t round_of(const struct region_driver *d, struct pollfd *polled, nfds_t n)
{
	if (poll(polled, n, -1) < 0)
		err(1, "poll");
	for (nfds_t i = n - 1; i > 0; i--)
		if (polled[i].revents && converse(d, polled[i].fd) < 0) {
			close(polled[i].fd);
			polled[i] = polled[--n];
		}
	if (polled[0].revents && n <= CONNECTIONS_MAX) {
		int fd = accept4(polled[0].fd, NULL, NULL, SOCK_CLOEXEC);

		if (fd >= 0)
			polled[n++] = (struct pollfd){ .fd = fd, .events = POLLIN };
	}
	return n;
}

int main(int argc, char **argv)
{
	struct pollfd polled[CONNECTIONS_MAX + 1] = {};
	struct mock_driver *m;
	nfds_t n = 1;

	if (argc < 3)
		errx(1, "usage: %s TREE SOCKET [busy]", argv[0]);
	if (access(argv[1], F_OK) < 0)
		tree_machine(argv[1]);
	m = mock_driver_new(argv[1]);
	mock_driver_set_busy(m, argc > 3 && strcmp(argv[3], "busy") == 0);
	polled[0] = (struct pollfd){ .fd = listen_at(argv[2]), .events = POLLIN };
	puts("ready");
	fflush(stdout);
	for (;;)
		n = round_of(mock_driver_interface(m), polled, n);
}
