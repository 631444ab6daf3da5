/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "common/cleanup.h"
#include "tests/mock/wire.h"

union control {
	struct cmsghdr header;
	char space[CMSG_SPACE(sizeof(int))];
};

static void put_fd(struct msghdr *m, union control *control, int fd)
{
	m->msg_control = control;
	m->msg_controllen = sizeof(*control);
	control->header.cmsg_level = SOL_SOCKET;
	control->header.cmsg_type = SCM_RIGHTS;
	control->header.cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(&control->header), &fd, sizeof(fd));
}

int wire_send(int socket, const void *data, size_t n, int fd)
{
	union control control = {};

	while (n > 0) {
		struct iovec iov = { .iov_base = (void *)data, .iov_len = n };
		struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1 };
		ssize_t sent;

		if (fd >= 0)
			put_fd(&m, &control, fd);
		sent = sendmsg(socket, &m, MSG_NOSIGNAL);
		if (sent < 0)
			return -errno;
		fd = -1;
		data = (const char *)data + sent;
		n -= (size_t)sent;
	}
	return 0;
}

int wire_receive(int socket, void *data, size_t n, int *ret_fd)
{
	_cleanup_close_ int fd = -1;

	while (n > 0) {
		struct iovec iov = { .iov_base = data, .iov_len = n };
		union control control = {};
		struct msghdr m = {
			.msg_iov = &iov,
			.msg_iovlen = 1,
			.msg_control = &control,
			.msg_controllen = sizeof(control),
		};
		ssize_t got = recvmsg(socket, &m, MSG_CMSG_CLOEXEC);

		if (got <= 0)
			return got < 0 ? -errno : -EPIPE;
		if (CMSG_FIRSTHDR(&m))
			memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&m)), sizeof(fd));
		data = (char *)data + got;
		n -= (size_t)got;
	}
	*ret_fd = take_fd(&fd);
	return 0;
}
