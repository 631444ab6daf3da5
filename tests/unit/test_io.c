/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The handle and its engines, and which descriptors it takes. */
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "client/lib_io.h"

#define SIZE ((size_t)1 << 20)

static char *memory;

static int set_up(void **state)
{
	memory = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	return memory == MAP_FAILED ? -1 : 0;
}

static int new_io(enum p2pmem_io_engine engine, struct p2pmem_io **ret)
{
	struct p2pmem_io_options options = {
		.struct_size = sizeof(options),
		.memory = memory,
		.memory_size = SIZE,
		.queue_depth = 4,
		.engine = engine,
	};

	return p2pmem_io_new(&options, ret);
}

/* On a real file system, as those in memory are refused. */
static int open_file(int flags)
{
	const char *build = getenv("BUILD");
	char *path;
	int fd;

	assert_true(asprintf(&path, "%s/test-io-XXXXXX", build ? build : ".") > 0);
	fd = mkostemp(path, flags);
	assert_true(fd >= 0);
	unlink(path);
	free(path);
	return fd;
}

static struct p2pmem_io_file *attach(struct p2pmem_io *io, int fd)
{
	struct p2pmem_io_file *file;

	if (p2pmem_io_attach(io, fd, NULL, &file) < 0)
		fail_msg("%s", p2pmem_io_errmsg(io));
	return file;
}

static void wants_valid_options(void **state)
{
	struct p2pmem_io_options good = {
		.struct_size = sizeof(good),
		.memory = memory,
		.memory_size = SIZE,
		.engine = P2PMEM_IO_ENGINE_SYNC,
	};
	struct p2pmem_io_options bad = good;
	struct p2pmem_io *io;

	bad.struct_size--;
	assert_int_equal(p2pmem_io_new(&bad, &io), -EINVAL);
	bad = good;
	bad.memory_size = 0;
	assert_int_equal(p2pmem_io_new(&bad, &io), -EINVAL);
	bad = good;
	bad.memory = memory + 512;
	assert_int_equal(p2pmem_io_new(&bad, &io), -EINVAL);
	bad = good;
	bad.memory = NULL;
	assert_int_equal(p2pmem_io_new(&bad, &io), -EINVAL);
	bad = good;
	bad.queue_depth = P2PMEM_IO_QUEUE_DEPTH_MAX + 1;
	assert_int_equal(p2pmem_io_new(&bad, &io), -EINVAL);
	bad = good;
	bad.engine = (enum p2pmem_io_engine)7;
	assert_int_equal(p2pmem_io_new(&bad, &io), -EINVAL);

	assert_int_equal(p2pmem_io_new(&good, &io), 0);
	assert_int_equal(p2pmem_io_get_engine(io), P2PMEM_IO_ENGINE_SYNC);
	assert_int_equal(p2pmem_io_engine_reason(io), 0);
	assert_ptr_equal(p2pmem_io_memory(io), memory);
	assert_int_equal(p2pmem_io_memory_size(io), SIZE);
	p2pmem_io_free(io);
	p2pmem_io_free(NULL);
}

/* ---- engines ------------------------------------------------------------ */

/* A copy of odd length through whatever engine the handle has. */
static void copies(struct p2pmem_io *io)
{
	size_t size = 5 * SIZE + 12345;
	int src = open_file(0), dst = open_file(O_DIRECT);
	char *content = malloc(size), *got = malloc(size);
	struct p2pmem_io_copy_options options = { .struct_size = sizeof(options), .length = size };

	for (size_t i = 0; i < size; i++)
		content[i] = (char)(i * 7 + i / 251);
	assert_int_equal(write(src, content, size), size);
	assert_int_equal(fcntl(src, F_SETFL, O_DIRECT), 0);
	options.src = attach(io, src);
	options.dst = attach(io, dst);
	if (p2pmem_io_copy(io, &options) < 0)
		fail_msg("%s", p2pmem_io_errmsg(io));
	assert_int_equal(p2pmem_io_done(io), size);
	assert_int_equal(fcntl(dst, F_SETFL, 0), 0);
	assert_int_equal(pread(dst, got, size, 0), size);
	assert_int_equal(lseek(dst, 0, SEEK_END), size);
	assert_memory_equal(got, content, size);
	free(content);
	free(got);
	close(src);
	close(dst);
}

static void copies_without_io_uring(void **state)
{
	struct p2pmem_io *io;

	assert_int_equal(new_io(P2PMEM_IO_ENGINE_SYNC, &io), 0);
	assert_string_equal(p2pmem_io_engine_name(p2pmem_io_get_engine(io)), "preadv");
	copies(io);
	p2pmem_io_free(io);
}

/* By io_uring, unless whoever runs the test forbids it: then the fallback has to have a reason. */
static void copies_by_what_there_is(void **state)
{
	struct p2pmem_io *io;

	assert_int_equal(new_io(P2PMEM_IO_ENGINE_ANY, &io), 0);
	if (p2pmem_io_get_engine(io) == P2PMEM_IO_ENGINE_URING)
		assert_int_equal(p2pmem_io_engine_reason(io), 0);
	else
		assert_true(p2pmem_io_engine_reason(io) < 0);
	copies(io);
	p2pmem_io_free(io);
}

static void forbid_io_uring(int error)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_io_uring_setup, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (unsigned int)error),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = { sizeof(code) / sizeof(*code), code };

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) < 0)
		_exit(2);
}

static int without_io_uring(int error)
{
	struct p2pmem_io *io;
	int64_t n;
	int fd = open_file(O_DIRECT);

	forbid_io_uring(error);
	if (new_io(P2PMEM_IO_ENGINE_URING, &io) != -error || new_io(P2PMEM_IO_ENGINE_ANY, &io) < 0)
		return 3;
	if (p2pmem_io_get_engine(io) != P2PMEM_IO_ENGINE_SYNC ||
	    p2pmem_io_engine_reason(io) != -error)
		return 4;
	if (p2pmem_io_write(io, attach(io, fd), 0, SIZE, 0) < 0)
		return 5;
	n = p2pmem_io_read(io, attach(io, fd), 0, SIZE, 0);
	return n == (int64_t)SIZE ? 0 : 6;
}

/* As containers do: with EPERM, or ENOSYS. */
static void falls_back_and_says_so(void **state)
{
	static const int errors[] = { EPERM, ENOSYS };

	for (size_t i = 0; i < sizeof(errors) / sizeof(*errors); i++) {
		pid_t child = fork();
		int status;

		if (child == 0)
			_exit(without_io_uring(errors[i]));
		assert_int_equal(waitpid(child, &status, 0), child);
		assert_true(WIFEXITED(status));
		assert_int_equal(WEXITSTATUS(status), 0);
	}
}

/* What was queued and never waited for is over when the handle is. */
static void can_be_freed_at_any_time(void **state)
{
	static const enum p2pmem_io_engine engines[] = { P2PMEM_IO_ENGINE_ANY,
							 P2PMEM_IO_ENGINE_SYNC };
	int fd = open_file(O_DIRECT);

	for (size_t i = 0; i < 2; i++) {
		struct p2pmem_io_file *file;
		struct p2pmem_io *io;
		int64_t moved;
		void *which;

		assert_int_equal(new_io(engines[i], &io), 0);
		file = attach(io, fd);
		for (int j = 0; j < 4; j++)
			assert_int_equal(p2pmem_io_submit_write(io, file, 0, SIZE, 0, NULL), 0);
		assert_int_equal(p2pmem_io_next(io, &which, &moved), 1);
		assert_int_equal(moved, SIZE);
		assert_int_equal(p2pmem_io_submit_write(io, file, 0, SIZE, 0, NULL), 0);
		p2pmem_io_free(io);
	}
	close(fd);
}

/* ---- descriptors ---------------------------------------------------------- */

static void refuses(struct p2pmem_io *io, int fd, int error, const char *why)
{
	struct p2pmem_io_file *file;

	assert_int_equal(p2pmem_io_attach(io, fd, "it", &file), error);
	if (!strstr(p2pmem_io_errmsg(io), why) || !strstr(p2pmem_io_errmsg(io), "it"))
		fail_msg("%s", p2pmem_io_errmsg(io));
	close(fd);
}

static void refuses_what_would_copy(void **state)
{
	struct p2pmem_io *io;
	int ends[2];

	assert_int_equal(new_io(P2PMEM_IO_ENGINE_SYNC, &io), 0);
	refuses(io, open_file(0), -EINVAL, "O_DIRECT");
	assert_non_null(p2pmem_io_error_remedy(io));
	assert_int_equal(pipe2(ends, O_DIRECT), 0);
	refuses(io, ends[0], -ENOTBLK, "neither");
	refuses(io, ends[1], -ENOTBLK, "neither");
	refuses(io, open("/", O_RDONLY | O_DIRECTORY), -ENOTBLK, "neither");
	refuses(io, open("/dev/null", O_RDWR), -ENOTBLK, "neither");
	refuses(io, -1, -EBADF, "Bad file descriptor");
	assert_null(p2pmem_io_last_failure(io));
	p2pmem_io_free(io);
}

/* Linux has pwrite() append then: blocks of a copy would end up in the order they come. */
static void refuses_to_append(void **state)
{
	int fd = open_file(O_DIRECT | O_APPEND), reader;
	struct p2pmem_io *io;
	char self[32];

	assert_int_equal(new_io(P2PMEM_IO_ENGINE_SYNC, &io), 0);
	snprintf(self, sizeof(self), "/proc/self/fd/%d", fd);
	reader = open(self, O_RDONLY | O_DIRECT | O_APPEND);
	attach(io, reader);
	refuses(io, fd, -EINVAL, "O_APPEND");
	assert_non_null(p2pmem_io_error_remedy(io));
	p2pmem_io_free(io);
	close(reader);
}

static void takes_files(void **state)
{
	int fd = open_file(O_DIRECT);
	struct p2pmem_io_file *file;
	struct p2pmem_io *io;

	assert_int_equal(ftruncate(fd, 12345), 0);
	assert_int_equal(new_io(P2PMEM_IO_ENGINE_SYNC, &io), 0);
	file = attach(io, fd);
	assert_int_equal(p2pmem_io_file_size(file), 12345);
	assert_true(p2pmem_io_file_align(file) >= 512);
	assert_non_null(strstr(file->name, "test-io-"));
	p2pmem_io_free(io);
	assert_int_equal(fcntl(fd, F_GETFD) & ~FD_CLOEXEC, 0);
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(wants_valid_options),
		cmocka_unit_test(copies_without_io_uring),
		cmocka_unit_test(copies_by_what_there_is),
		cmocka_unit_test(falls_back_and_says_so),
		cmocka_unit_test(can_be_freed_at_any_time),
		cmocka_unit_test(refuses_what_would_copy),
		cmocka_unit_test(refuses_to_append),
		cmocka_unit_test(takes_files),
	};

	return cmocka_run_group_tests(tests, set_up, NULL);
}
