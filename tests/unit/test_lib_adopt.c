/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Descriptors that somebody hands over, who may mean harm: a buffer, or nothing. */
#include <errno.h>
#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>

#include "common/cleanup.h"
#include "tests/unit/server.h"

/* It stays the caller's, and as it was. */
static void is_refused(int fd, int error)
{
	struct p2pmem_buffer *buffer;
	int flags = fcntl(fd, F_GETFD);

	assert_int_equal(p2pmem_buffer_from_fd(fd, &buffer), error);
	assert_int_equal(fcntl(fd, F_GETFD), flags);
	if (fd >= 0)
		close(fd);
}

static int host_memory(void)
{
	struct p2pmem_allocate_options o = {
		.struct_size = sizeof(o),
		.size = 8192,
		.fallback = P2PMEM_FALLBACK_HOST,
	};
	struct p2pmem_client *c;
	struct p2pmem_buffer *buffer;
	int fd;

	assert_int_equal(p2pmem_client_new(&c), 0);
	assert_int_equal(p2pmem_allocate(c, &o, &buffer), 0);
	/* As one that is inherited. */
	fd = dup(p2pmem_buffer_fd(buffer));
	p2pmem_buffer_free(buffer);
	p2pmem_client_free(c);
	return fd;
}

static int reopened(int fd, int flags)
{
	char path[64];
	int again;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	again = open(path, flags);
	assert_true(again >= 0);
	close(fd);
	return again;
}

static void what_is_no_memory_is_refused(void **state)
{
	int pair[2];

	is_refused(-1, -EBADF);
	is_refused(1000, -EBADF);
	is_refused(open("/dev/null", O_RDWR), -ENOTTY);
	is_refused(open("/dev/zero", O_RDWR), -ENOTTY);
	is_refused(open("/", O_RDONLY), -ENOTTY);
	is_refused(open("/proc/self/mem", O_RDWR), -ENOTTY);
	is_refused(eventfd(0, 0), -ENOTTY);
	is_refused(epoll_create1(0), -ENOTTY);
	is_refused(inotify_init1(0), -ENOTTY);
	assert_int_equal(pipe(pair), 0);
	is_refused(pair[0], -ENOTTY);
	is_refused(pair[1], -ENOTTY);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	is_refused(pair[0], -ENOTTY);
	is_refused(pair[1], -ENOTTY);
}

/* Whoever has it too could cut it short, and so end whoever maps it. */
static void files_that_may_shrink_are_refused(void **state)
{
	char path[] = "/tmp/p2pmem-test-XXXXXX";
	int fd = mkstemp(path);

	assert_int_equal(ftruncate(fd, 8192), 0);
	unlink(path);
	is_refused(fd, -ENOTTY);
	is_refused(server_memory(8192), -ENOTTY);
}

static int sealed(size_t size, int seals)
{
	int fd = memfd_create("buffer", MFD_ALLOW_SEALING);

	assert_int_equal(ftruncate(fd, (off_t)size), 0);
	assert_int_equal(fcntl(fd, F_ADD_SEALS, seals), 0);
	return fd;
}

static void memory_that_is_not_what_it_says_is_refused(void **state)
{
	is_refused(sealed(8192, F_SEAL_GROW), -ENOTTY);
	is_refused(sealed(0, F_SEAL_SHRINK), -ENOTTY);
	is_refused(sealed(4097, F_SEAL_SHRINK), -ENOTTY);
	is_refused(sealed(8192, F_SEAL_SHRINK | F_SEAL_WRITE), -EACCES);
	is_refused(sealed(8192, F_SEAL_SHRINK | F_SEAL_FUTURE_WRITE), -EACCES);
}

static void what_cannot_be_written_is_refused(void **state)
{
	is_refused(reopened(host_memory(), O_RDONLY), -EACCES);
	is_refused(reopened(host_memory(), O_PATH), -EBADF);
}

static void host_memory_is_taken(void **state)
{
	struct p2pmem_info info = { .struct_size = sizeof(info) };
	struct p2pmem_buffer *buffer;
	int fd = host_memory();
	char *memory;

	assert_int_equal(fcntl(fd, F_GETFD), 0);
	assert_int_equal(pwrite(fd, "here", 5, 4096), 5);
	assert_int_equal(p2pmem_buffer_from_fd(fd, &buffer), 0);
	assert_int_equal(p2pmem_buffer_fd(buffer), fd);
	assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
	assert_int_equal(p2pmem_buffer_kind(buffer), P2PMEM_KIND_HOST);
	assert_int_equal(p2pmem_buffer_size(buffer), 8192);
	assert_int_equal(p2pmem_buffer_fallback_error(buffer), -ENODATA);
	assert_non_null(p2pmem_buffer_fallback_reason(buffer));
	assert_null(p2pmem_buffer_lease(buffer));
	assert_int_equal(p2pmem_buffer_wait(buffer, P2PMEM_STATE_LIVE, 0), P2PMEM_STATE_LIVE);
	assert_int_equal(p2pmem_buffer_get_info(buffer, &info), 0);
	assert_int_equal(info.state, P2PMEM_STATE_LIVE);
	assert_int_equal(p2pmem_buffer_map(buffer, (void **)&memory), 0);
	assert_string_equal(memory + 4096, "here");
	/* There is nothing to detach from. */
	assert_int_equal(p2pmem_buffer_detach(buffer), 0);
	assert_string_equal(memory + 4096, "here");
	p2pmem_buffer_free(buffer);
	assert_int_equal(fcntl(fd, F_GETFD), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_no_memory_is_refused),
		cmocka_unit_test(files_that_may_shrink_are_refused),
		cmocka_unit_test(memory_that_is_not_what_it_says_is_refused),
		cmocka_unit_test(what_cannot_be_written_is_refused),
		cmocka_unit_test(host_memory_is_taken),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
