/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The connection: a connect with a limit, and the handle around it. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <syslog.h>

#include "common/cleanup.h"
#include "client/lib.h"

#define DEFAULT_TIMEOUT_MS 30000

/* What a broker's reply may be: a list entry, or an error with every refusal. */
static const struct stream_limits limits = {
	.message_max = 4 << 20,
	.depth_max = 16,
	.output_max = 1 << 20,
	.fds_max = 1,
};

const char *p2pmem_version(void)
{
	return P2PMEM_VERSION;
}

int options_copy(void *to, size_t known, size_t least, const void *from)
{
	size_t size = *(const size_t *)from;

	if (size < least)
		return -EINVAL;
	for (size_t i = known; i < size; i++)
		if (((const char *)from)[i])
			return -EINVAL;
	memset(to, 0, known);
	memcpy(to, from, size < known ? size : known);
	return 0;
}

/* ---- the handle ------------------------------------------------------ */

int p2pmem_client_new(struct p2pmem_client **ret)
{
	_cleanup_free_ struct p2pmem_client *c = calloc(1, sizeof(*c));

	if (!c)
		return -ENOMEM;
	c->timeout_ms = DEFAULT_TIMEOUT_MS;
	c->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (c->wake < 0)
		return -errno;
	*ret = take_ptr(c);
	return 0;
}

void client_disconnect(struct p2pmem_client *c)
{
	c->stream = stream_free(c->stream);
	c->monitoring = false;
	free(c->away);
	c->away = c->failure.message ? strdup(c->failure.message) : NULL;
}

void p2pmem_client_free(struct p2pmem_client *client)
{
	if (!client)
		return;
	stream_free(client->stream);
	close_fd(&client->wake);
	failure_clear(&client->failure);
	free(client->away);
	free(client);
}

/* In this order: who is awake finds the flag set. Nothing here but is safe in a signal handler. */
void p2pmem_client_cancel(struct p2pmem_client *client)
{
	int saved = errno;

	if (!client)
		return;
	atomic_store(&client->cancelled, true);
	eventfd_write(client->wake, 1);
	errno = saved;
}

void p2pmem_client_set_log(struct p2pmem_client *client, int max_priority,
			   void (*log)(int priority, const char *message, void *userdata),
			   void *userdata)
{
	client->log_max = max_priority;
	client->log = log;
	client->log_userdata = userdata;
}

void client_log(const struct p2pmem_client *c, int priority, const char *format, ...)
{
	_cleanup_free_ char *message = NULL;
	va_list ap;

	if (!c->log || priority > c->log_max)
		return;
	va_start(ap, format);
	if (vasprintf(&message, format, ap) < 0)
		message = NULL;
	va_end(ap);
	if (message)
		c->log(priority, message, c->log_userdata);
}

/* ---- connecting ------------------------------------------------------ */

/*
 * Where the broker's backlog is full, connect() waits, as long as SO_SNDTIMEO
 * says. It cannot be polled for, so cancellation is looked for in between.
 */
#define SLICE_MS 100

/* 1: connected, 0: not in this slice. */
static int try_connect(int fd, const struct sockaddr_un *address, int slice_ms)
{
	struct timeval limit = { slice_ms / 1000, slice_ms % 1000 * 1000 };

	if (setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit)) < 0)
		return -errno;
	if (connect(fd, (const struct sockaddr *)address, sizeof(*address)) == 0)
		return 1;
	return errno == EAGAIN ? 0 : -errno;
}

static int slice(int64_t deadline_ms)
{
	int left = remaining_ms(deadline_ms);

	return left < 0 || left > SLICE_MS ? SLICE_MS : left;
}

static int connect_socket(struct p2pmem_client *c, const struct sockaddr_un *address)
{
	_cleanup_close_ int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int64_t deadline_ms = deadline_after(c->timeout_ms);
	int r = fd < 0 ? -errno : 0, ms = 1;

	/* Tried once however late it is, as a broker that has room takes no time. */
	while (r == 0) {
		if (atomic_load(&c->cancelled))
			return -ECANCELED;
		if (ms == 0)
			return -ETIMEDOUT;
		ms = slice(deadline_ms);
		r = try_connect(fd, address, ms ?: 1);
		if (r == -EINTR && !c->interruptible)
			r = 0;
	}
	return r < 0 ? r : take_fd(&fd);
}

static int connect_path(struct p2pmem_client *c, const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd;

	if (strlen(path) >= sizeof(address.sun_path))
		return -ENAMETOOLONG;
	strcpy(address.sun_path, path);
	fd = connect_socket(c, &address);
	if (fd < 0)
		return fd;
	return stream_new(fd, &limits, &c->stream);
}

int p2pmem_client_connect(struct p2pmem_client *client,
			  const struct p2pmem_connect_options *options)
{
	struct p2pmem_connect_options o = {};
	const char *path;
	int r;

	failure_clear(&client->failure);
	client_disconnect(client);
	if (options &&
	    options_copy(&o, sizeof(o), SIZE_UP_TO(struct p2pmem_connect_options, interruptible),
			 options) < 0)
		return failure_set(&client->failure, -EINVAL, "the options are not valid");
	client->timeout_ms = o.timeout_ms ? o.timeout_ms : DEFAULT_TIMEOUT_MS;
	client->interruptible = o.interruptible;
	path = o.socket_path ? o.socket_path : P2PMEM_SOCKET_PATH;
	r = connect_path(client, path);
	if (r == 0) {
		client_log(client, LOG_DEBUG, "connected to %s", path);
		return 0;
	}
	failure_set(&client->failure, r, "cannot connect to %s: %s", path, strerror(-r));
	client_log(client, LOG_INFO, "%s", p2pmem_errmsg(client));
	client_disconnect(client);
	return r;
}
