/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The program that run starts, and its life.
 *
 * It stays in the process group of p2pmemctl, so that a terminal sends its
 * signals to both, and a shell's job is both of them. All signals that could
 * end p2pmemctl before the program are taken from a descriptor instead. Those
 * that somebody sends to p2pmemctl are sent on; those of the terminal, which
 * the program has as well, are not. Where the program is stopped, p2pmemctl
 * stops as well, as the shell waits for p2pmemctl.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>
#include <fcntl.h>

#include "common/cleanup.h"
#include "client/ctl_run.h"
#include "client/say.h"
#include "client/status.h"

/* What shells and env(1) say. */
#define STATUS_CANNOT_EXECUTE 126
#define STATUS_NOT_FOUND 127

static const int taken[] = { SIGHUP,  SIGINT,  SIGQUIT, SIGTERM,  SIGALRM, SIGUSR1,
			     SIGUSR2, SIGCONT, SIGTSTP, SIGWINCH, SIGCHLD };

struct child {
	pid_t pid;
	int signals; /* descriptor */
	bool stopped;
	bool ended;
	int status; /* once it has ended */
};

/* What the program is to find as p2pmemctl found it. */
struct inherited {
	sigset_t mask;
	struct sigaction child;
};

static void take_signals(struct inherited *before, sigset_t *ret)
{
	struct sigaction standard = { .sa_handler = SIG_DFL };

	sigemptyset(ret);
	for (size_t i = 0; i < sizeof(taken) / sizeof(taken[0]); i++)
		sigaddset(ret, taken[i]);
	sigprocmask(SIG_BLOCK, ret, &before->mask);
	/* Ignored by whoever started us, nothing would be left to wait for. */
	sigaction(SIGCHLD, &standard, &before->child);
}

static void give_signals_back(const struct inherited *before)
{
	sigaction(SIGCHLD, &before->child, NULL);
	sigprocmask(SIG_SETMASK, &before->mask, NULL);
}

static _Noreturn void become(const struct program *p, const struct inherited *before)
{
	int error;

	give_signals_back(before);
	if (fcntl(p->fd, F_SETFD, 0) == 0)
		execvp(p->argv[0], p->argv);
	error = errno;
	problem("%s cannot be run: %s", p->argv[0], strerror(error));
	_exit(error == ENOENT ? STATUS_NOT_FOUND : STATUS_CANNOT_EXECUTE);
}

/*
 * A terminal's signals go to a whole process group, so that the program has
 * them. Only the leader of a session is told that the terminal is gone, and only
 * the process that set it has its alarm.
 */
static bool has_it(const struct child *c, const struct signalfd_siginfo *s)
{
	if (s->ssi_signo == SIGALRM || (s->ssi_signo == SIGHUP && getsid(0) == getpid()))
		return false;
	return s->ssi_code > 0 && getpgid(c->pid) == getpgrp();
}

static void hand_on(struct child *c, const struct signalfd_siginfo *s)
{
	if (s->ssi_signo == SIGCHLD)
		return;
	if (!has_it(c, s))
		kill(c->pid, (int)s->ssi_signo);
	/* It cannot stop once more, to be seen below. */
	if (s->ssi_signo == SIGTSTP && c->stopped)
		kill(getpid(), SIGSTOP);
	if (s->ssi_signo == SIGCONT)
		c->stopped = false;
}

/* One who stopped it by SIGSTOP means it alone, and may not know of us. */
static void was_stopped(struct child *c, int number)
{
	c->stopped = true;
	if (number != SIGSTOP)
		kill(getpid(), SIGSTOP);
}

static void look_after(struct child *c)
{
	siginfo_t info = {};

	if (waitid(P_PID, c->pid, &info, WEXITED | WSTOPPED | WNOHANG) < 0 || info.si_pid == 0)
		return;
	if (info.si_code == CLD_STOPPED) {
		was_stopped(c, info.si_status);
		return;
	}
	c->ended = true;
	c->status = info.si_code == CLD_EXITED ? info.si_status : STATUS_SIGNAL + info.si_status;
}

/* All that is pending, as one who goes on must do so before he is looked at. */
static void take(struct child *c)
{
	struct signalfd_siginfo s;

	while (read(c->signals, &s, sizeof(s)) == sizeof(s))
		hand_on(c, &s);
	look_after(c);
}

/* What happens to the lease meanwhile; each is told once. */
static void tell(struct pollfd *buffer)
{
	if (buffer->revents & POLLHUP) {
		note("the lease has been revoked: memory accesses end with SIGBUS, transfers with EFAULT");
		buffer->fd = -1;
	} else if (buffer->revents & POLLPRI) {
		note("the lease is about to be revoked");
		buffer->events = 0;
	}
	buffer->revents = 0;
}

/* The program may have died of it, and be heard of first. */
static void tell_late(struct pollfd *buffer)
{
	buffer->events = 0;
	if (poll(buffer, 1, 0) > 0)
		tell(buffer);
}

static int wait_for(struct child *c, int buffer)
{
	struct pollfd fds[] = { { .fd = c->signals, .events = POLLIN },
				{ .fd = buffer, .events = POLLPRI } };

	while (!c->ended) {
		if (poll(fds, 2, -1) < 0 && errno != EINTR)
			return -errno;
		take(c);
		if (!c->ended)
			tell(&fds[1]);
	}
	tell_late(&fds[1]);
	return 0;
}

static int cannot(const char *what, int error)
{
	problem("the program cannot be %s: %s", what, strerror(error));
	return STATUS_FAILURE;
}

int program_run(const struct program *p)
{
	struct inherited before;
	_cleanup_close_ int signals = -1;
	struct child c = {};
	sigset_t set;
	int r;

	take_signals(&before, &set);
	signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (signals < 0)
		return cannot("waited for", errno);
	c.signals = signals;
	c.pid = fork();
	if (c.pid < 0)
		return cannot("started", errno);
	if (c.pid == 0)
		become(p, &before);
	r = wait_for(&c, p->fd);
	return r < 0 ? cannot("waited for", -r) : c.status;
}
