/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/mock/wrap.h"

void kill_point(const char *point)
{
	const char *wanted = getenv("P2PMEM_MOCK_KILL");
	size_t n = strlen(point);
	static int times;

	if (!wanted || strncmp(wanted, point, n) != 0 || wanted[n] != ':')
		return;
	if (++times == atoi(wanted + n + 1))
		kill(getpid(), SIGKILL);
}

int __real_renameat(int from_dir, const char *from, int to_dir, const char *to);
int __wrap_renameat(int from_dir, const char *from, int to_dir, const char *to);
int __real_unlinkat(int dir, const char *path, int flags);
int __wrap_unlinkat(int dir, const char *path, int flags);
ssize_t __real_sendmsg(int fd, const struct msghdr *m, int flags);
ssize_t __wrap_sendmsg(int fd, const struct msghdr *m, int flags);
ssize_t __real_write(int fd, const void *data, size_t n);
ssize_t __wrap_write(int fd, const void *data, size_t n);

ssize_t __wrap_write(int fd, const void *data, size_t n)
{
	const char *full = getenv("P2PMEM_MOCK_FULL");

	if (!full || access(full, F_OK) < 0)
		return __real_write(fd, data, n);
	errno = ENOSPC;
	return -1;
}

int __wrap_renameat(int from_dir, const char *from, int to_dir, const char *to)
{
	int r;

	kill_point("before:renameat");
	r = __real_renameat(from_dir, from, to_dir, to);
	kill_point("after:renameat");
	return r;
}

int __wrap_unlinkat(int dir, const char *path, int flags)
{
	int r;

	kill_point("before:unlinkat");
	r = __real_unlinkat(dir, path, flags);
	kill_point("after:unlinkat");
	return r;
}

/* Replies that carry a descriptor; the others change nothing. */
ssize_t __wrap_sendmsg(int fd, const struct msghdr *m, int flags)
{
	ssize_t n;

	if (!m->msg_control)
		return __real_sendmsg(fd, m, flags);
	kill_point("before:sendmsg");
	n = __real_sendmsg(fd, m, flags);
	kill_point("after:sendmsg");
	return n;
}
