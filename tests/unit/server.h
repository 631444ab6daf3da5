/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A process that stands in for the broker, for one client: it answers every
 * call with the same text, in which a newline ends a reply.
 */
#pragma once

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>

#include "p2pmem/libp2pmem.h"
#include "tests/unit/unit.h"

#define LEASE(size)                                                                             \
	"{\"parameters\":{\"bufferFileDescriptor\":0,\"lease\":{\"id\":\"x\",\"tenant\":\"t\"," \
	"\"uid\":0,\"region\":\"p2pmem0\",\"provider\":\"0000:03:00.0\",\"size\":" size ","     \
	"\"devices\":[\"0000:04:00.0\",\"0000:05:00.0\"],\"state\":\"live\","                   \
	"\"verdict\":\"bus\",\"ageUSec\":1}}}"

struct server {
	pid_t pid;
	char path[64];
	const char *reply; /* NULL: none; "": hangs up */
	int fd; /* goes with it, unless -1 */
	int call_signal; /* goes to the client with a call, before the reply; 0: none */
	bool insists; /* instead of a reply, the signal again and again, until the client hangs up */
};

static inline void server_send(const struct server *s, int socket)
{
	union {
		char buffer[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} control = {};
	char text[4096];
	struct iovec v = { text, strlen(s->reply) + 1 };
	struct msghdr m = { .msg_iov = &v, .msg_iovlen = 1 };

	strcpy(text, s->reply);
	for (char *end = text; (end = strchr(end, '\n'));)
		*end++ = '\0';
	if (s->fd >= 0) {
		m.msg_control = &control;
		m.msg_controllen = sizeof(control);
		*CMSG_FIRSTHDR(&m) =
			(struct cmsghdr){ CMSG_LEN(sizeof(int)), SOL_SOCKET, SCM_RIGHTS };
		memcpy(CMSG_DATA(CMSG_FIRSTHDR(&m)), &s->fd, sizeof(int));
	}
	sendmsg(socket, &m, 0);
}

static inline void server_answer(const struct server *s, int socket)
{
	struct pollfd p = { .fd = socket, .events = 0 };

	if (s->call_signal)
		kill(getppid(), s->call_signal);
	while (s->insists && poll(&p, 1, 1) == 0)
		kill(getppid(), s->call_signal);
	if (s->reply && !s->insists)
		server_send(s, socket);
	if (s->reply && !*s->reply)
		_exit(0);
}

static inline void server_run(const struct server *s, int listening)
{
	int socket = accept(listening, NULL, NULL);
	char c;

	while (read(socket, &c, 1) == 1)
		if (c == '\0')
			server_answer(s, socket);
	_exit(0);
}

static inline void server_start(struct server *s)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int listening = socket(AF_UNIX, SOCK_STREAM, 0);

	snprintf(s->path, sizeof(s->path), "/tmp/p2pmem-test-%d", getpid());
	strcpy(address.sun_path, s->path);
	unlink(s->path);
	assert_int_equal(bind(listening, (void *)&address, sizeof(address)), 0);
	assert_int_equal(listen(listening, 1), 0);
	s->pid = fork();
	if (s->pid == 0) {
		/* Of a test that failed before it stopped it, whoever reads the output waits for it. */
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		server_run(s, listening);
	}
	close(listening);
}

/* It ends when its client has hung up, and may have sent one more signal before it saw that. */
static inline void server_stop(struct server *s)
{
	pid_t ended;

	do
		ended = waitpid(s->pid, NULL, 0);
	while (ended < 0 && errno == EINTR);
	assert_int_equal(ended, s->pid);
	unlink(s->path);
}

/* A handle that is connected to it. */
static inline struct p2pmem_client *server_client(const struct server *s, int timeout_ms,
						  bool interruptible)
{
	struct p2pmem_connect_options options = {
		.struct_size = sizeof(options),
		.socket_path = s->path,
		.timeout_ms = timeout_ms,
		.interruptible = interruptible,
	};
	struct p2pmem_client *client;

	assert_int_equal(p2pmem_client_new(&client), 0);
	assert_int_equal(p2pmem_client_connect(client, &options), 0);
	return client;
}

/* What a test makes of @size bytes, for which a lease is then pretended. */
static inline int server_memory(size_t size)
{
	int fd = memfd_create("buffer", MFD_CLOEXEC);

	assert_int_equal(ftruncate(fd, (off_t)size), 0);
	return fd;
}
