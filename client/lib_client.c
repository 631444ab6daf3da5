/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The connection: a blocking connect with a limit, and the handle around it. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>

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

int p2pmem_client_new(struct p2pmem_client **ret)
{
	struct p2pmem_client *c = calloc(1, sizeof(*c));

	if (!c)
		return -ENOMEM;
	c->timeout_ms = DEFAULT_TIMEOUT_MS;
	*ret = c;
	return 0;
}

void client_disconnect(struct p2pmem_client *c)
{
	c->stream = stream_free(c->stream);
}

void p2pmem_client_free(struct p2pmem_client *client)
{
	if (!client)
		return;
	client_disconnect(client);
	failure_clear(&client->failure);
	free(client);
}

/* A connected socket, or -ETIMEDOUT: connect() of a local socket heeds the send time-out. */
static int connect_socket(const struct sockaddr_un *address, int timeout_ms)
{
	struct timeval limit = { timeout_ms / 1000, timeout_ms % 1000 * 1000 };
	_cleanup_close_ int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -errno;
	if (timeout_ms > 0 && setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit)) < 0)
		return -errno;
	if (connect(fd, (const struct sockaddr *)address, sizeof(*address)) < 0)
		return errno == EAGAIN ? -ETIMEDOUT : -errno;
	return take_fd(&fd);
}

static int connect_path(struct p2pmem_client *c, const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd;

	if (strlen(path) >= sizeof(address.sun_path))
		return -ENAMETOOLONG;
	strcpy(address.sun_path, path);
	fd = connect_socket(&address, c->timeout_ms);
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
	if (options && options_copy(&o, sizeof(o), sizeof(o), options) < 0)
		return failure_set(&client->failure, -EINVAL, "the options are not valid");
	client->timeout_ms = o.timeout_ms ? o.timeout_ms : DEFAULT_TIMEOUT_MS;
	path = o.socket_path ? o.socket_path : P2PMEM_SOCKET_PATH;
	r = connect_path(client, path);
	if (r < 0)
		return failure_set(&client->failure, r, "cannot connect to %s: %s", path,
				   strerror(-r));
	return 0;
}
