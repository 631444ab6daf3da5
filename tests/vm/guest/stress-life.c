// SPDX-License-Identifier: LGPL-2.1-or-later
/* What else a stress worker does with buffers, and with processes that have them. */
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "load-ring.h"
#include "stress.h"

static void look_again(struct worker *w, struct slot *slot)
{
	verify(w, slot);
}

static void let_go(struct worker *w, struct slot *slot)
{
	if (verify(w, slot))
		drop(slot);
}

static void discard_pages(struct worker *w, struct slot *slot)
{
	if (madvise(slot->memory, slot->pages * PAGE, MADV_DONTNEED) < 0)
		fail(w, "MADV_DONTNEED");
	verify(w, slot);
}

/* A hole in the mapping, and the same part of the buffer in it again. */
static void map_anew(struct worker *w, struct slot *slot)
{
	struct part part = random_part(w, slot);
	size_t at = part.first * PAGE;

	if (slot->fd < 0)
		return;
	munmap(slot->memory + at, part.pages * PAGE);
	if (mmap(slot->memory + at, part.pages * PAGE, PROT_READ | PROT_WRITE,
		 MAP_SHARED | MAP_FIXED, slot->fd, at) == MAP_FAILED)
		lose(w, slot, "mmap of a part", -1);
	else
		verify(w, slot);
}

static void reopen(struct worker *w, struct slot *slot)
{
	char path[64];
	int fd;

	if (slot->fd < 0)
		return;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", slot->fd);
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0) {
		fail(w, "%s", path);
		return;
	}
	close(slot->fd);
	slot->fd = fd;
	munmap(slot->memory, slot->pages * PAGE);
	slot->memory = map(fd, slot->pages * PAGE);
	if (slot->memory != MAP_FAILED) {
		verify(w, slot);
	} else {
		slot->memory = NULL;
		lose(w, slot, "mmap of what was reopened", -1);
	}
}

static void revoke_own(struct worker *w, struct slot *slot)
{
	struct p2pmem_buffer_info info;
	struct pollfd pollfd = { .fd = slot->fd };

	if (slot->fd < 0)
		return;
	if (!buffer_info(slot->fd, &info) ||
	    (revoke_buffer(&w->lab, info.id, 0) < 0 && errno != ENOENT))
		fail(w, "revocation");
	if (look(w, slot) != CONTENT_LOST)
		fail(w, "access to what was revoked");
	if (pread(w->disk, slot->memory, PAGE, 0) != -1 || errno != EFAULT)
		fail(w, "a read into what was revoked");
	if (poll(&pollfd, 1, 0) != 1 || !(pollfd.revents & POLLHUP))
		fail(w, "poll says %#x of what was revoked", pollfd.revents);
	drop(slot);
}

/* ---- other processes ------------------------------------------------------ */

/* The child has the descriptor and not the mapping. */
static int use_as_child(struct worker *w, struct slot *slot, const struct part *part)
{
	size_t length = part->pages * PAGE;

	if (touch_guarded(slot->memory) != SIGSEGV)
		return 1;
	slot->memory = map(slot->fd, slot->pages * PAGE);
	if (slot->memory == MAP_FAILED)
		return w->hazards.revocation ? 0 : 2;
	if (pread(w->disk, slot->memory + part->first * PAGE, length, (off_t)part->block * PAGE) !=
	    (ssize_t)length)
		return w->hazards.revocation ? 0 : 3;
	return 0;
}

static void fork_child(struct worker *w, struct slot *slot)
{
	struct part part = random_part(w, slot);
	int status = -1;
	pid_t child;

	if (slot->fd < 0)
		return;
	child = fork();
	if (!child)
		_exit(use_as_child(w, slot, &part));
	waitpid(child, &status, 0);
	if (status)
		fail(w, "a child ended with status %#x", status);
	set_tags(slot, &part);
	verify(w, slot);
}

/* Goes on until it is killed, with a read in flight at almost any moment. */
static void be_killed(struct worker *w, int told)
{
	static struct ring ring;
	struct slot slot;
	int result;

	if (ring_open(&ring, 1))
		_exit(1);
	for (;;) {
		if (!take(w, &slot))
			slot.memory = NULL;
		if (slot.memory && !ring_read(&ring, w->disk, slot.memory, slot.pages * PAGE, 0)) {
			if (write(told, "", 1) != 1)
				_exit(1);
			ring_wait(&ring, &result);
		}
		if (slot.memory)
			drop(&slot);
		else if (write(told, "", 1) != 1)
			_exit(1);
	}
}

static void kill_child(struct worker *w, struct slot *slot)
{
	unsigned int patience = 1 + rnd(w, 3);
	int told[2], status = -1;
	char byte;
	pid_t child;

	if (pipe2(told, O_CLOEXEC) < 0) {
		fail(w, "pipe");
		return;
	}
	child = fork();
	if (!child) {
		w->random ^= getpid();
		be_killed(w, told[1]);
	}
	close(told[1]);
	while (patience-- && read(told[0], &byte, 1) == 1)
		;
	kill(child, SIGKILL);
	close(told[0]);
	waitpid(child, &status, 0);
	if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGKILL)
		fail(w, "a child that was to be killed ended with status %#x", status);
	verify(w, slot);
}

/* ---- by post ---------------------------------------------------------------- */

/* A slot as it travels; the descriptor goes beside it. */
struct letter {
	unsigned int pages;
	uint32_t tags[MAX_PAGES];
};

union control {
	char room[CMSG_SPACE(sizeof(int))];
	struct cmsghdr align;
};

static void send_slot(struct worker *w, struct slot *slot)
{
	struct letter letter = { .pages = slot->pages };
	struct iovec iov = { &letter, sizeof(letter) };
	union control control = { { 0 } };
	struct msghdr message = { .msg_iov = &iov,
				  .msg_iovlen = 1,
				  .msg_control = &control,
				  .msg_controllen = sizeof(control) };
	struct cmsghdr *header = CMSG_FIRSTHDR(&message);

	if (slot->fd < 0)
		return;
	memcpy(letter.tags, slot->tags, sizeof(letter.tags));
	header->cmsg_level = SOL_SOCKET;
	header->cmsg_type = SCM_RIGHTS;
	header->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(header), &slot->fd, sizeof(int));
	if (sendmsg(w->post[0], &message, MSG_DONTWAIT) == sizeof(letter))
		drop(slot);
	else if (errno != EAGAIN && errno != ETOOMANYREFS)
		fail(w, "sendmsg");
}

static void receive_slot(struct worker *w, struct slot *unused)
{
	struct slot *slot = free_slot(w);
	struct letter letter;
	struct iovec iov = { &letter, sizeof(letter) };
	union control control;
	struct msghdr message = { .msg_iov = &iov,
				  .msg_iovlen = 1,
				  .msg_control = &control,
				  .msg_controllen = sizeof(control) };
	int fd;

	if (!slot ||
	    recvmsg(w->post[1], &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC) != sizeof(letter))
		return;
	memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof(fd));
	if (!adopt(w, slot, fd, letter.pages))
		return;
	memcpy(slot->tags, letter.tags, sizeof(slot->tags));
	verify(w, slot);
}

const struct action life_actions[] = {
	{ "look", 10, look_again },
	{ "let go", 10, let_go },
	{ "MADV_DONTNEED", 5, discard_pages },
	{ "map a part anew", 5, map_anew },
	{ "reopen through /proc", 5, reopen },
	{ "revoke", 3, revoke_own },
	{ "fork", 3, fork_child },
	{ "kill -9", 4, kill_child },
	{ "send", 5, send_slot },
	{ "receive", 8, receive_slot },
	{ 0 },
};
