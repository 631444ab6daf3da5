/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The cgroup is found by the number of the process, which may be another's by
 * the time it is looked at. So the kernel is asked for a descriptor of the
 * process that connected, and if that is still alive after the cgroup was
 * read, the number was its own all the while.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include "common/cleanup.h"
#include "daemon/peer.h"

/* Since Linux 6.5, and not in all headers. */
#ifndef SO_PEERPIDFD
#define SO_PEERPIDFD 77
#endif

static int read_groups(int fd, gid_t **ret, size_t *ret_n)
{
	_cleanup_free_ gid_t *groups = NULL;
	socklen_t size = 0;

	/* Asking for no room tells how much is needed. */
	if (getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, NULL, &size) < 0 && errno != ERANGE)
		return -errno;
	if (size > 0) {
		groups = malloc(size);
		if (!groups)
			return -ENOMEM;
		if (getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups, &size) < 0)
			return -errno;
	}
	*ret = take_ptr(groups);
	*ret_n = size / sizeof(gid_t);
	return 0;
}

/* A kernel without SO_PEERPIDFD has no driver of ours either, but runs the tests. */
static int open_process(int fd, pid_t pid)
{
	socklen_t size = sizeof(int);
	int process;

	if (getsockopt(fd, SOL_SOCKET, SO_PEERPIDFD, &process, &size) == 0)
		return process;
	if (errno != ENOPROTOOPT)
		return -errno;
	process = (int)syscall(SYS_pidfd_open, pid, 0);
	return process < 0 ? -errno : process;
}

static bool is_alive(int process)
{
	struct pollfd p = { .fd = process, .events = POLLIN };

	return poll(&p, 1, 0) == 0;
}

/* The path in the unified hierarchy; NULL: the process is in none. */
static int read_cgroup(pid_t pid, char **ret)
{
	_cleanup_fclose_ FILE *f = NULL;
	_cleanup_free_ char *line = NULL;
	char path[32];
	size_t size = 0;

	snprintf(path, sizeof(path), "/proc/%d/cgroup", (int)pid);
	f = fopen(path, "re");
	if (!f)
		return -errno;
	while (errno = 0, getline(&line, &size, f) >= 0) {
		if (strncmp(line, "0::", strlen("0::")) != 0)
			continue;
		line[strcspn(line, "\n")] = '\0';
		*ret = strdup(line + strlen("0::"));
		return *ret ? 0 : -ENOMEM;
	}
	return errno ? -errno : 0;
}

/* The rest of the line of /proc/PID/status that begins with @name; NULL: there is none. */
static int read_status(pid_t pid, const char *name, char **ret)
{
	_cleanup_fclose_ FILE *f = NULL;
	_cleanup_free_ char *line = NULL;
	size_t size = 0, n = strlen(name);
	char path[32];

	snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	f = fopen(path, "re");
	if (!f)
		return -errno;
	while (errno = 0, getline(&line, &size, f) >= 0)
		if (strncmp(line, name, n) == 0) {
			*ret = strdup(line + n);
			return *ret ? 0 : -ENOMEM;
		}
	return errno ? -errno : 0;
}

/* The process has a number in each PID namespace from that of /proc down to its own. */
static int read_nesting(pid_t pid, bool *ret)
{
	_cleanup_free_ char *numbers = NULL;
	int r = read_status(pid, "NSpid:", &numbers);
	const char *at = numbers;

	if (r < 0 || !at)
		return r;
	at += strspn(at, " \t");
	at += strcspn(at, " \t\n");
	*ret = at[strspn(at, " \t\n")] != '\0';
	return 0;
}

/* Uids as they are called in its user namespace, and in that of this process. */
static int read_mapping(const char *process, char **ret)
{
	_cleanup_fclose_ FILE *f = NULL;
	_cleanup_free_ char *text = NULL;
	char path[32];
	size_t size = 0;

	snprintf(path, sizeof(path), "/proc/%s/uid_map", process);
	f = fopen(path, "re");
	if (!f)
		return -errno;
	/* All of it, as there is no NUL in it. None: it was never written. */
	errno = 0;
	if (getdelim(&text, &size, '\0', f) < 0 && errno)
		return -errno;
	*ret = text ? take_ptr(text) : strdup("");
	return *ret ? 0 : -ENOMEM;
}

/* The same mapping as that of this process lets it have the same uids. */
static int read_mapped(pid_t pid, bool *ret)
{
	_cleanup_free_ char *ours = NULL, *theirs = NULL;
	char process[16];
	int r;

	snprintf(process, sizeof(process), "%d", (int)pid);
	r = read_mapping("self", &ours);
	if (r == 0)
		r = read_mapping(process, &theirs);
	if (r == 0)
		*ret = strcmp(ours, theirs) != 0;
	return r;
}

/* What is short here is short for others as well; all else is the peer's. */
static bool is_ours(int error)
{
	return error == -ENOMEM || error == -EMFILE || error == -ENFILE;
}

static int place(int fd, struct peer *p)
{
	_cleanup_close_ int process = open_process(fd, p->pid);
	_cleanup_free_ char *cgroup = NULL;
	int r = process < 0 ? process : read_cgroup(p->pid, &cgroup);

	if (r == 0)
		r = read_nesting(p->pid, &p->nested);
	if (r == 0)
		r = read_mapped(p->pid, &p->mapped);
	if (r == 0 && !is_alive(process))
		r = -ESRCH;
	if (r == 0 && cgroup)
		r = peer_set_cgroup(p, cgroup);
	p->lost = r < 0;
	return is_ours(r) ? r : 0;
}

int peer_read(int fd, struct peer *ret)
{
	_cleanup_(peer_done) struct peer p = {};
	struct ucred cred;
	socklen_t size = sizeof(cred);
	int r;

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &size) < 0)
		return -errno;
	r = read_groups(fd, &p.groups, &p.n_groups);
	if (r < 0)
		return r;
	p.uid = cred.uid;
	p.gid = cred.gid;
	p.pid = cred.pid;
	r = place(fd, &p);
	if (r < 0)
		return r;
	*ret = p;
	p = (struct peer){};
	return 0;
}
