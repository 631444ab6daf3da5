/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Who is at the other end of a real socket. */
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>

#include "common/cleanup.h"
#include "daemon/peer.h"
#include "tests/unit/unit.h"

/* Of this process, as /proc has it. */
static char *own_cgroup(void)
{
	_cleanup_fclose_ FILE *f = fopen("/proc/self/cgroup", "re");
	_cleanup_free_ char *line = NULL;
	size_t size = 0;

	while (f && getline(&line, &size, f) >= 0)
		if (strncmp(line, "0::", 3) == 0)
			return strndup(line + 3, strcspn(line + 3, "\n"));
	return NULL;
}

static void reads_who_connected(void **state)
{
	_cleanup_free_ char *cgroup = own_cgroup();
	_cleanup_(peer_done) struct peer p = {};
	int fds[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	assert_int_equal(peer_read(fds[0], &p), 0);
	assert_int_equal(p.uid, getuid());
	assert_int_equal(p.gid, getgid());
	assert_int_equal(p.pid, getpid());
	assert_int_equal(p.n_groups, getgroups(0, NULL));
	assert_false(p.lost);
	if (cgroup)
		assert_string_equal(p.cgroup, cgroup);
	else
		assert_null(p.cgroup);
	close(fds[0]);
	close(fds[1]);
}

static void connect_to(int listener)
{
	struct sockaddr_un address;
	socklen_t size = sizeof(address);
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	_exit(getsockname(listener, (struct sockaddr *)&address, &size) < 0 ||
	      connect(fd, (struct sockaddr *)&address, size) < 0);
}

static void expect_lost(int listener)
{
	_cleanup_(peer_done) struct peer p = {};
	_cleanup_close_ int fd = accept(listener, NULL, NULL);

	assert_true(fd >= 0);
	assert_int_equal(peer_read(fd, &p), 0);
	assert_int_equal(p.uid, getuid());
	assert_true(p.lost);
	assert_null(p.cgroup);
}

/*
 * The connection may be in other hands by now. Of a process that nobody has
 * waited for, /proc still has a cgroup; of one that somebody has, it may be
 * another's.
 */
static void loses_who_is_gone(void **state)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	_cleanup_close_ int listener = socket(AF_UNIX, SOCK_STREAM, 0);
	siginfo_t ended;

	/* Without a path, the kernel finds a name. */
	assert_int_equal(bind(listener, (struct sockaddr *)&address, sizeof(sa_family_t)), 0);
	assert_int_equal(listen(listener, 1), 0);
	for (int waited_for = 0; waited_for < 2; waited_for++) {
		pid_t pid = fork();

		assert_true(pid >= 0);
		if (pid == 0)
			connect_to(listener);
		assert_int_equal(
			waitid(P_PID, (id_t)pid, &ended, WEXITED | (waited_for ? 0 : WNOWAIT)), 0);
		assert_int_equal(ended.si_status, 0);
		expect_lost(listener);
		if (!waited_for)
			assert_int_equal(waitpid(pid, NULL, 0), pid);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_who_connected),
		cmocka_unit_test(loses_who_is_gone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
