// SPDX-License-Identifier: LGPL-2.1-or-later
/* Revocation by number, notice of it, and the events that tell of things. */
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "driver-test.h"

#define LENGTH (64 * KIB)
#define MANY 2000

/* A stream of events from now on; a test's own, so that it sees all. */
static int listen_from_now(int flags)
{
	int fd = open("/dev/p2pmem-control", O_RDWR | O_CLOEXEC | flags);

	check(fd >= 0);
	return fd;
}

/* The next event; false, with errno, if there is none. */
static bool next_event(int fd, struct p2pmem_event *ret)
{
	memset(ret, 0, sizeof(*ret));
	return read(fd, ret, sizeof(*ret)) == sizeof(*ret) && check(ret->size == sizeof(*ret));
}

static bool has_events(int fd)
{
	struct pollfd pollfd = { .fd = fd, .events = POLLIN };

	return poll(&pollfd, 1, 0) == 1 && pollfd.revents == POLLIN;
}

static void expect(int fd, const struct p2pmem_buffer_info *buffer, uint32_t type)
{
	struct p2pmem_event event;

	if (!check(next_event(fd, &event)))
		return;
	if (!check(event.type == type))
		note("event of type %u", event.type);
	check(event.id == buffer->id && event.length == buffer->length);
	check(event.region == buffer->region && event.uid == buffer->uid);
	check(!memcmp(event.cookie, buffer->cookie, sizeof(event.cookie)));
	check(!memcmp(&event.provider, &buffer->provider, sizeof(event.provider)));
	check(event.lost == 0);
}

static void test_freed(struct lab *lab)
{
	struct p2pmem_alloc request = { .length = LENGTH, .cookie = "freed" };
	int events = listen_from_now(O_NONBLOCK);
	struct p2pmem_buffer_info info;
	struct p2pmem_event event;
	int fd = alloc_request(lab, &request);
	void *memory = map(fd, LENGTH);

	check(buffer_info(fd, &info));
	close(fd);
	check(!has_events(events));
	check_errno(next_event(events, &event) ? 0 : -1, EAGAIN);
	munmap(memory, LENGTH);
	check(has_events(events));
	check(lab_available(lab) == lab->available);
	expect(events, &info, P2PMEM_EVENT_FREED);
	check(!has_events(events));
	close(events);
}

static void test_node_mapping_freed(struct lab *lab)
{
	int events = listen_from_now(O_NONBLOCK);
	struct p2pmem_event event;

	munmap(map(lab->region, LENGTH), LENGTH);
	check(next_event(events, &event) && event.type == P2PMEM_EVENT_FREED);
	check(event.length == LENGTH && event.uid == getuid());
	close(events);
}

static void test_notice(struct lab *lab)
{
	int events = listen_from_now(O_NONBLOCK), fd = alloc(lab, LENGTH);
	struct pollfd pollfd = { .fd = fd, .events = POLLIN | POLLPRI };
	struct p2pmem_buffer_info info;
	char *memory = map(fd, LENGTH);

	fill(memory, 4, LENGTH);
	check(buffer_info(fd, &info));
	check(poll(&pollfd, 1, 0) == 0);
	for (int i = 0; i < 2; i++) {
		check_errno(revoke_buffer(lab, info.id, P2PMEM_REVOKE_NOTICE), 0);
		check(poll(&pollfd, 1, 0) == 1 && pollfd.revents == POLLPRI);
	}
	expect(events, &info, P2PMEM_EVENT_NOTICE);
	check(!has_events(events));
	check(buffer_info(fd, &info) && info.state == P2PMEM_STATE_NOTICE);
	check(is_filled(memory, 4, LENGTH));
	munmap(memory, LENGTH);
	memory = map(fd, LENGTH);
	check(is_filled(memory, 4, LENGTH));
	munmap(memory, LENGTH);
	close(fd);
	expect(events, &info, P2PMEM_EVENT_FREED);
	close(events);
}

static void test_revoke(struct lab *lab)
{
	int events = listen_from_now(O_NONBLOCK), fd = alloc(lab, LENGTH),
	    other = alloc(lab, LENGTH);
	struct pollfd pollfd = { .fd = fd, .events = POLLIN | POLLPRI };
	char *memory = map(fd, LENGTH), *spared = map(other, LENGTH);
	struct p2pmem_buffer_info info;

	fill(memory, 4, LENGTH);
	fill(spared, 5, LENGTH);
	check(buffer_info(fd, &info));
	check_errno(revoke_buffer(lab, info.id, P2PMEM_REVOKE_NOTICE), 0);
	check_errno(revoke_buffer(lab, info.id, 0), 0);
	/* Nothing was in flight: it is back before the holder lets go. */
	check(lab_available(lab) == lab->available - LENGTH);
	expect(events, &info, P2PMEM_EVENT_NOTICE);
	expect(events, &info, P2PMEM_EVENT_REVOKED);
	expect(events, &info, P2PMEM_EVENT_FREED);

	check(touch(memory) == SIGBUS && touch(memory + LENGTH - 1) == SIGBUS);
	check_errno((long)map(fd, LENGTH), ENODEV);
	check(poll(&pollfd, 1, 0) == 1 && pollfd.revents == (POLLPRI | POLLHUP));
	check(buffer_info(fd, &info) && info.state == P2PMEM_STATE_REVOKED);
	check(is_filled(spared, 5, LENGTH));

	check_errno(revoke_buffer(lab, info.id, 0), 0);
	check_errno(revoke_buffer(lab, info.id, P2PMEM_REVOKE_NOTICE), 0);
	munmap(memory, LENGTH);
	munmap(spared, LENGTH);
	close(fd);
	check(!has_events(events));
	close(other);
	check(has_events(events));
	close(events);
}

/* So large that it takes a while to end access, from its beginning on. */
static void test_hangup_comes_last(struct lab *lab)
{
	const size_t length = 32 * MIB;
	int fd = alloc(lab, length), status = -1;
	struct pollfd pollfd = { .fd = fd };
	char *memory = map(fd, length);
	struct p2pmem_buffer_info info;
	pid_t child;

	check(buffer_info(fd, &info));
	for (size_t i = 0; i < length; i += 4 * KIB)
		check(touch(memory + i) == 0);
	child = fork();
	if (!child)
		_exit(revoke_buffer(lab, info.id, 0) == 0 ? 0 : 1);
	while (poll(&pollfd, 1, 0) == 0)
		;
	check(touch(memory + length - 1) == SIGBUS);
	check(pollfd.revents == POLLHUP);
	waitpid(child, &status, 0);
	check(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	munmap(memory, length);
	close(fd);
}

static void test_revoke_refused(struct lab *lab)
{
	struct p2pmem_rescan rescan = { .size = sizeof(rescan), .flags = 1 };
	struct p2pmem_buffer_info info;
	int fd = alloc(lab, LENGTH);

	check(buffer_info(fd, &info));
	check_errno(revoke_buffer(lab, 0, 0), ENOENT);
	check_errno(revoke_buffer(lab, info.id - 1, 0), ENOENT);
	check_errno(revoke_buffer(lab, info.id + 1, P2PMEM_REVOKE_NOTICE), ENOENT);
	check_errno(revoke_buffer(lab, UINT64_MAX, 0), ENOENT);
	check_errno(revoke_buffer(lab, info.id, 2), EINVAL);
	check_errno(revoke_buffer(lab, info.id, 1U << 31), EINVAL);
	check(buffer_info(fd, &info) && info.state == P2PMEM_STATE_LIVE);
	close(fd);
	check_errno(revoke_buffer(lab, info.id, 0), ENOENT);
	check_errno(ioctl(lab->control, P2PMEM_CONTROL_RESCAN, &rescan), EINVAL);
	rescan.flags = 0;
	check_errno(ioctl(lab->control, P2PMEM_CONTROL_RESCAN, &rescan), 0);
}

/* Starts a child that waits, and waits until it does. */
static pid_t start_waiting(int (*wait_for)(int fd), int fd)
{
	char path[40], state = 0;
	pid_t child = fork();
	FILE *file;

	if (!child)
		_exit(wait_for(fd));
	snprintf(path, sizeof(path), "/proc/%d/stat", child);
	while (state != 'S' && (file = fopen(path, "r"))) {
		if (fscanf(file, "%*d %*s %c", &state) != 1)
			state = 0;
		fclose(file);
	}
	check(state == 'S');
	return child;
}

static void check_ended(pid_t child)
{
	int status = -1;

	check(waitpid(child, &status, 0) == child);
	check(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static int wait_for_notice(int fd)
{
	struct pollfd pollfd = { .fd = fd, .events = POLLPRI };

	return poll(&pollfd, 1, -1) == 1 && pollfd.revents == POLLPRI ? 0 : 1;
}

static int wait_for_revoke(int fd)
{
	struct pollfd pollfd = { .fd = fd };

	return poll(&pollfd, 1, -1) == 1 && pollfd.revents == POLLHUP ? 0 : 1;
}

static int wait_for_freed(int fd)
{
	struct p2pmem_event event;

	return read(fd, &event, sizeof(event)) == sizeof(event) &&
			       event.type == P2PMEM_EVENT_FREED ?
		       0 :
		       1;
}

static void interrupt(int number)
{
	(void)number;
}

static int wait_for_signal(int fd)
{
	struct sigaction action = { .sa_handler = interrupt };
	struct p2pmem_event event;

	sigaction(SIGUSR1, &action, NULL);
	return read(fd, &event, sizeof(event)) < 0 && errno == EINTR ? 0 : 1;
}

static void test_waiting(struct lab *lab)
{
	int events = listen_from_now(0), fd = alloc(lab, LENGTH);
	struct p2pmem_buffer_info info;
	pid_t child;

	check(buffer_info(fd, &info));
	child = start_waiting(wait_for_signal, events);
	kill(child, SIGUSR1);
	check_ended(child);

	child = start_waiting(wait_for_notice, fd);
	check_errno(revoke_buffer(lab, info.id, P2PMEM_REVOKE_NOTICE), 0);
	check_ended(child);
	close(fd);

	fd = alloc(lab, LENGTH);
	check(buffer_info(fd, &info));
	child = start_waiting(wait_for_revoke, fd);
	check_errno(revoke_buffer(lab, info.id, 0), 0);
	check_ended(child);
	close(fd);
	close(events);

	events = listen_from_now(0);
	/* Forked first, as a child has what it inherits. */
	child = start_waiting(wait_for_freed, events);
	close(alloc(lab, LENGTH));
	check_ended(child);
	close(events);
}

static void test_reads(struct lab *lab)
{
	int events = listen_from_now(O_NONBLOCK), fd;
	struct p2pmem_event got[6];

	check_errno(read(events, got, 0), EINVAL);
	check_errno(read(events, got, sizeof(got[0]) - 1), EINVAL);
	for (int i = 0; i < 3; i++)
		close(alloc(lab, 4 * KIB));
	check_errno(read(events, (void *)8, sizeof(got)), EFAULT);
	check(read(events, got, 2 * sizeof(got[0]) + 5) == 2 * sizeof(got[0]));
	check(read(events, got + 2, 4 * sizeof(got[0])) == sizeof(got[2]));
	check(got[0].id < got[1].id && got[1].id < got[2].id);
	check_errno(read(events, got, sizeof(got)), EAGAIN);
	check_errno(pread(events, got, sizeof(got), 0), ESPIPE);
	check_errno(write(events, got, sizeof(got)), EINVAL);

	/* Each open file has its own, from when it was opened. */
	fd = listen_from_now(O_NONBLOCK);
	check(!has_events(fd));
	close(alloc(lab, 4 * KIB));
	check(has_events(fd) && has_events(events));
	check(next_event(fd, &got[0]));
	check(has_events(events) && !has_events(fd));
	close(fd);
	close(events);
}

/*
 * A reader that falls behind: what is kept is in order and without a gap, the
 * rest is counted, and after the count it goes on.
 */
static void test_overflow(struct lab *lab)
{
	int events = listen_from_now(O_NONBLOCK);
	struct p2pmem_event event;
	uint64_t kept = 0, last = 0;

	for (int i = 0; i < MANY; i++)
		close(alloc(lab, 4 * KIB));
	while (next_event(events, &event) && event.type == P2PMEM_EVENT_FREED) {
		check(!last || event.id == last + 1);
		last = event.id;
		kept++;
	}
	note("%llu of %d events kept", (unsigned long long)kept, MANY);
	check(kept >= 100 && kept < MANY);
	check(event.type == P2PMEM_EVENT_LOST && event.lost == MANY - kept);
	check(event.id == 0 && event.length == 0);
	check(!has_events(events));
	close(alloc(lab, 4 * KIB));
	check(next_event(events, &event) && event.type == P2PMEM_EVENT_FREED);
	check(event.id == last + 1 + (MANY - kept));
	close(events);
}

const struct test event_tests[] = {
	{ "freed is told once the memory is back", test_freed },
	{ "so it is for a mapping of the node", test_node_mapping_freed },
	{ "notice changes a state and nothing else", test_notice },
	{ "revocation ends access and frees", test_revoke },
	{ "who is told of a revocation finds no access left", test_hangup_comes_last },
	{ "unknown buffers and flags are refused", test_revoke_refused },
	{ "who waits is woken", test_waiting },
	{ "reads give whole events, to each reader", test_reads },
	{ "a reader that falls behind is told how far", test_overflow },
	{ 0 },
};
