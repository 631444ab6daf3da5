/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One call at a time, with a deadline. A call that does not end in order
 * leaves replies behind that would answer the next one, so it ends the
 * connection; the broker's own errors do not.
 */
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/epoll.h>
#include <time.h>

#include "common/cleanup.h"
#include "common/varlink.h"
#include "client/lib.h"

struct call {
	struct p2pmem_client *client;
	const char *method;
	bool more;
	int64_t deadline_ms; /* -1: none */
	reply_fn reply;
	void *data;
};

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static int remaining_ms(const struct call *call)
{
	int64_t left;

	if (call->deadline_ms < 0)
		return -1;
	left = call->deadline_ms - now_ms();
	return left > 0 ? (int)left : 0;
}

/* Waits for the socket and moves bytes. */
static int step(struct call *call)
{
	struct stream *s = call->client->stream;
	unsigned int events = stream_events(s);
	struct pollfd p = {
		.fd = stream_fd(s),
		.events = (events & EPOLLIN ? POLLIN : 0) | (events & EPOLLOUT ? POLLOUT : 0),
	};
	int r = poll(&p, 1, remaining_ms(call));

	if (r < 0)
		return -errno;
	if (r == 0)
		return -ETIMEDOUT;
	if (p.revents & POLLOUT) {
		r = stream_write(s);
		if (r < 0)
			return r;
	}
	if (p.revents & ~POLLOUT)
		return stream_read(s);
	return 0;
}

static int receive(struct call *call, struct json_object **ret)
{
	for (;;) {
		int r = stream_next(call->client->stream, ret);

		if (r != 0)
			return r < 0 ? r : 0;
		r = step(call);
		if (r < 0)
			return r;
	}
}

/* 1: another reply follows, 0: that was the last one; *@refused: it was a typed error. */
static int one_reply(struct call *call, int *refused)
{
	_cleanup_json_ struct json_object *message = NULL;
	struct varlink_reply reply;
	int r = receive(call, &message);

	if (r < 0)
		return r;
	r = varlink_reply_parse(message, &reply);
	if (r < 0)
		return r;
	if (reply.error) {
		*refused =
			failure_from_reply(&call->client->failure, reply.error, reply.parameters);
		return 0;
	}
	if (reply.continues && !call->more)
		return -EBADMSG;
	r = call->reply(call->client, reply.parameters, call->data);
	return r < 0 ? r : reply.continues;
}

static void drop_descriptors(struct stream *s)
{
	int fd;

	while ((fd = stream_take_fd(s)) >= 0)
		close_fd(&fd);
}

static int exchange(struct call *call, struct json_object *message)
{
	int refused = 0, r;

	drop_descriptors(call->client->stream);
	r = stream_queue(call->client->stream, message, -1);
	if (r < 0)
		return r;
	do
		r = one_reply(call, &refused);
	while (r > 0);
	if (r < 0)
		client_disconnect(call->client);
	return r < 0 ? r : refused;
}

static int explain(struct call *call, int r)
{
	struct failure *f = &call->client->failure;

	if (r == -EPIPE)
		r = -ECONNRESET;
	if (r >= 0 || f->message)
		return r;
	switch (r) {
	case -ETIMEDOUT:
		return failure_set(f, r, "the broker did not answer %s in time", call->method);
	case -ECONNRESET:
		return failure_set(f, r, "the broker closed the connection during %s",
				   call->method);
	case -EBADMSG:
		return failure_set(f, r, "the broker's reply to %s is not what its interface says",
				   call->method);
	default:
		return failure_set(f, r, "%s: %s", call->method, strerror(-r));
	}
}

int client_call(struct p2pmem_client *c, const char *method, struct json_object *parameters,
		bool more, reply_fn reply, void *data)
{
	_cleanup_json_ struct json_object *message = NULL;
	struct call call = {
		.client = c,
		.method = method,
		.more = more,
		.deadline_ms = c->timeout_ms < 0 ? -1 : now_ms() + c->timeout_ms,
		.reply = reply,
		.data = data,
	};

	message = varlink_call_new(method, parameters, more);
	if (!message)
		return explain(&call, -ENOMEM);
	if (!c->stream)
		return failure_set(&c->failure, -ENOTCONN, "not connected to the broker");
	return explain(&call, exchange(&call, message));
}
