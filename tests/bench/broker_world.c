/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tests/bench/broker.h"

#define DESCRIPTORS 20000

static const char allocate[] = "{\"method\":\"io.p2pmem.Broker.Allocate\",\"parameters\":"
			       "{\"size\":4096,\"devices\":[{\"major\":259,\"minor\":0}]}}";

uint64_t bench_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000U + (uint64_t)t.tv_nsec;
}

static void address_of(const struct bench *b, struct sockaddr_un *ret)
{
	*ret = (struct sockaddr_un){ .sun_family = AF_UNIX };
	strcpy(ret->sun_path, b->socket);
}

/* As the service manager hands it over, so that nobody has to wait for it. */
static void run_daemon(const struct bench *b, const char *program, int listener)
{
	char tree[80], state[80], log[80], pid[16];

	snprintf(tree, sizeof(tree), "%s/sys", b->folder);
	snprintf(state, sizeof(state), "%s/state", b->folder);
	snprintf(log, sizeof(log), "%s/log", b->folder);
	snprintf(pid, sizeof(pid), "%d", (int)getpid());
	setenv("LISTEN_FDS", "1", 1);
	setenv("LISTEN_PID", pid, 1);
	setenv("P2PMEM_MOCK_STILL", "1", 1);
	if (dup2(listener, 3) < 0 || !freopen(log, "w", stderr))
		err(1, "%s", log);
	fcntl(3, F_SETFD, 0);
	execl(program, program, tree, "0", "0", "--state", state, NULL);
	err(1, "%s", program);
}

static void allow_descriptors(void)
{
	struct rlimit l;

	getrlimit(RLIMIT_NOFILE, &l);
	l.rlim_cur = l.rlim_max < DESCRIPTORS ? l.rlim_max : DESCRIPTORS;
	if (setrlimit(RLIMIT_NOFILE, &l) < 0)
		err(1, "setrlimit");
}

void bench_start(struct bench *b, const char *program)
{
	int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct sockaddr_un address;

	allow_descriptors();
	strcpy(b->folder, "/tmp/p2pmem-bench-XXXXXX");
	if (!mkdtemp(b->folder))
		err(1, "%s", b->folder);
	snprintf(b->socket, sizeof(b->socket), "%s/socket", b->folder);
	address_of(b, &address);
	if (listener < 0 ||
	    bind(listener, (const struct sockaddr *)&address, sizeof(address)) < 0 ||
	    listen(listener, 4096) < 0)
		err(1, "%s", b->socket);
	b->daemon = fork();
	if (b->daemon == 0)
		run_daemon(b, program, listener);
	close(listener);
}

void bench_stop(struct bench *b)
{
	char command[128];

	kill(b->daemon, SIGTERM);
	waitpid(b->daemon, NULL, 0);
	snprintf(command, sizeof(command), "rm -rf %s", b->folder);
	if (system(command) != 0)
		warnx("cannot remove %s", b->folder);
}

unsigned long bench_rss_anon(const struct bench *b)
{
	char path[64], line[256];
	unsigned long kib = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/status", (int)b->daemon);
	f = fopen(path, "re");
	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "RssAnon: %lu", &kib) == 1)
			break;
	if (!f || kib == 0)
		errx(1, "the daemon is gone");
	fclose(f);
	return kib;
}

int bench_connect(const struct bench *b)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct sockaddr_un address;

	address_of(b, &address);
	if (fd < 0 || connect(fd, (const struct sockaddr *)&address, sizeof(address)) < 0)
		err(1, "%s", b->socket);
	return fd;
}

void bench_send_allocate(int connection)
{
	if (send(connection, allocate, sizeof(allocate), MSG_NOSIGNAL) != sizeof(allocate))
		err(1, "send");
}

int bench_receive_allocated(int connection)
{
	union {
		struct cmsghdr header;
		char space[CMSG_SPACE(sizeof(int))];
	} control;
	char data[4096];
	struct iovec iov = { data, sizeof(data) };
	struct msghdr m = { .msg_iov = &iov,
			    .msg_iovlen = 1,
			    .msg_control = &control,
			    .msg_controllen = sizeof(control) };
	ssize_t n = recvmsg(connection, &m, MSG_CMSG_CLOEXEC);
	struct cmsghdr *c = CMSG_FIRSTHDR(&m);
	int fd;

	if (n <= 0 || data[n - 1] || !c || c->cmsg_type != SCM_RIGHTS)
		errx(1, "no buffer, but: %.*s", n > 0 ? (int)n : 0, data);
	memcpy(&fd, CMSG_DATA(c), sizeof(fd));
	return fd;
}

/* ---- samples --------------------------------------------------------- */

void samples_add(struct samples *s, uint64_t value)
{
	if (s->n == s->capacity) {
		s->capacity = s->capacity ? 2 * s->capacity : 1024;
		s->list = reallocarray(s->list, s->capacity, sizeof(*s->list));
		if (!s->list)
			err(1, "samples");
	}
	s->list[s->n++] = value;
}

static int compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

uint64_t samples_percentile(struct samples *s, double percent)
{
	size_t at = (size_t)((double)s->n * percent / 100);

	if (s->n == 0)
		return 0;
	qsort(s->list, s->n, sizeof(*s->list), compare);
	return s->list[at < s->n ? at : s->n - 1];
}

void samples_done(struct samples *s)
{
	free(s->list);
	*s = (struct samples){};
}
