/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One call at a time, with a deadline. A call that does not end in order
 * leaves replies behind that would answer the next one, so it ends the
 * connection; the broker's own errors do not.
 */
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <string.h>
#include <sys/epoll.h>
#include <syslog.h>
#include <time.h>

#include "common/cleanup.h"
#include "common/varlink.h"
#include "client/lib.h"

/* ---- time ------------------------------------------------------------ */

int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

int64_t deadline_after(int timeout_ms)
{
	return timeout_ms < 0 ? -1 : now_ms() + timeout_ms;
}

int remaining_ms(int64_t deadline_ms)
{
	int64_t left;

	if (deadline_ms < 0)
		return -1;
	left = deadline_ms - now_ms();
	return left <= 0 ? 0 : left < INT_MAX ? (int)left : INT_MAX;
}

/* ---- messages -------------------------------------------------------- */

/* What poll() came back with, moved. */
static int move(struct stream *s, short revents)
{
	int r = 0;

	if (revents & POLLOUT)
		r = stream_write(s);
	if (r >= 0 && (revents & ~POLLOUT))
		r = stream_read(s);
	return r < 0 ? r : 0;
}

/* Waits for the socket and moves bytes. 1, or 0: the time is over. */
static int step(struct p2pmem_client *c, int64_t deadline_ms)
{
	unsigned int events = stream_events(c->stream);
	struct pollfd p[] = {
		{ .fd = stream_fd(c->stream),
		  .events = (events & EPOLLIN ? POLLIN : 0) | (events & EPOLLOUT ? POLLOUT : 0) },
		{ .fd = c->wake, .events = POLLIN },
	};
	int r = poll(p, 2, remaining_ms(deadline_ms));

	if (r < 0)
		return errno == EINTR && !c->interruptible ? 1 : -errno;
	if (p[1].revents)
		return -ECANCELED;
	if (r == 0)
		return 0;
	r = move(c->stream, p[0].revents);
	return r < 0 ? r : 1;
}

int client_receive(struct p2pmem_client *c, int64_t deadline_ms, struct json_object **ret)
{
	int r;

	do {
		r = stream_next(c->stream, ret);
		if (r != 0)
			return r;
		r = step(c, deadline_ms);
	} while (r > 0);
	return r;
}

static void drop_descriptors(struct stream *s)
{
	int fd;

	while ((fd = stream_take_fd(s)) >= 0)
		close_fd(&fd);
}

static int may_call(struct p2pmem_client *c)
{
	struct failure *f = &c->failure;

	if (atomic_load(&c->cancelled))
		return -ECANCELED;
	if (c->monitoring)
		return failure_set(f, -EBUSY,
				   "the handle is monitoring, and answers no other calls");
	if (!c->stream)
		return failure_set(f, -ENOTCONN, "not connected to the broker%s%s",
				   c->away ? ": " : "", c->away ?: "");
	return 0;
}

int client_send(struct p2pmem_client *c, const char *method, struct json_object *parameters,
		bool more)
{
	_cleanup_json_ struct json_object *message = varlink_call_new(method, parameters, more);
	int r = message ? may_call(c) : -ENOMEM;

	if (r < 0)
		return r;
	client_log(c, LOG_DEBUG, "calling %s", method);
	drop_descriptors(c->stream);
	return stream_queue(c->stream, message, -1);
}

/* ---- a call ---------------------------------------------------------- */

struct call {
	struct p2pmem_client *client;
	bool more;
	int64_t deadline_ms;
	reply_fn reply;
	void *data;
};

/* 1: another reply follows, 0: that was the last one; *@refused: it was a typed error. */
static int one_reply(struct call *call, int *refused)
{
	_cleanup_json_ struct json_object *message = NULL;
	struct p2pmem_client *c = call->client;
	struct varlink_reply reply;
	int r = client_receive(c, call->deadline_ms, &message);

	if (r <= 0)
		return r < 0 ? r : -ETIMEDOUT;
	r = varlink_reply_parse(message, &reply);
	if (r < 0)
		return r;
	if (reply.error) {
		*refused = failure_from_reply(&c->failure, reply.error, reply.parameters);
		return 0;
	}
	if (reply.continues && !call->more)
		return -EBADMSG;
	r = call->reply(c, reply.parameters, call->data);
	return r < 0 ? r : reply.continues;
}

int client_explain(struct p2pmem_client *c, const char *method, int r)
{
	struct failure *f = &c->failure;

	if (r == -EPIPE)
		r = -ECONNRESET;
	if (r >= 0 || f->message)
		return r;
	switch (r) {
	case -ETIMEDOUT:
		return failure_set(f, r, "the broker did not answer %s in time", method);
	case -ECONNRESET:
		return failure_set(f, r, "the broker closed the connection during %s", method);
	case -EBADMSG:
		return failure_set(f, r, "the broker's reply to %s is not what its interface says",
				   method);
	case -ECANCELED:
		return failure_set(f, r, "%s was cancelled", method);
	default:
		return failure_set(f, r, "%s: %s", method, strerror(-r));
	}
}

int client_call(struct p2pmem_client *c, const char *method, struct json_object *parameters,
		bool more, reply_fn reply, void *data)
{
	struct call call = {
		.client = c,
		.more = more,
		.deadline_ms = deadline_after(c->timeout_ms),
		.reply = reply,
		.data = data,
	};
	int refused = 0, r = client_send(c, method, parameters, more);

	if (r < 0)
		return client_explain(c, method, r);
	do
		r = one_reply(&call, &refused);
	while (r > 0);
	r = client_explain(c, method, r < 0 ? r : refused);
	if (r < 0)
		client_log(c, LOG_INFO, "%s: %s", method, p2pmem_errmsg(c));
	if (r < 0 && !refused)
		client_disconnect(c);
	return r;
}
