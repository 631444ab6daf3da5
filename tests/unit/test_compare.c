/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where two files differ first, whatever the order in which they are read. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <cmocka.h>

#include "client/compare.h"

#define PAGE 4096
#define SIZE ((size_t)40 * PAGE + 100)

struct fixture {
	struct p2pmem_io *io;
	void *memory;
	size_t memory_size;
	int fds[2];
	struct compare_job job;
	struct compare_result result;
	volatile sig_atomic_t stop;
	uint64_t stop_at;
	uint64_t progress;
};

static int make_file(const char *content)
{
	const char *build = getenv("BUILD");
	char *path;
	int fd;

	assert_true(asprintf(&path, "%s/test-compare-XXXXXX", build ? build : ".") > 0);
	fd = mkstemp(path);
	assert_true(fd >= 0);
	unlink(path);
	free(path);
	assert_int_equal(write(fd, content, SIZE), SIZE);
	return fd;
}

static void progress(uint64_t done, void *data)
{
	struct fixture *f = data;

	assert_true(done > f->progress);
	f->progress = done;
	if (f->stop_at && done >= f->stop_at)
		f->stop = SIGINT;
}

static void setup_by(enum p2pmem_io_engine engine, struct fixture *f, size_t memory_size)
{
	struct p2pmem_io_options options = {
		.struct_size = sizeof(options),
		.queue_depth = 8,
		.engine = engine,
	};
	char *content = malloc(SIZE);

	memset(f, 0, sizeof(*f));
	for (size_t i = 0; i < SIZE; i++)
		content[i] = (char)(i * 7 + i / 251 + 1);
	f->fds[0] = make_file(content);
	f->fds[1] = make_file(content);
	free(content);
	f->memory_size = memory_size;
	f->memory =
		mmap(NULL, memory_size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	options.memory = f->memory;
	options.memory_size = memory_size;
	assert_int_equal(p2pmem_io_new(&options, &f->io), 0);
}

static void setup(struct fixture *f, size_t memory_size)
{
	setup_by(P2PMEM_IO_ENGINE_ANY, f, memory_size);
}

/* What was written until now is all that there is to the comparison. */
static int compare(struct fixture *f)
{
	f->job = (struct compare_job){
		.io = f->io,
		.size = SIZE,
		.stop = &f->stop,
		.progress = progress,
		.data = f,
	};
	fcntl(f->fds[0], F_SETFL, O_DIRECT);
	fcntl(f->fds[1], F_SETFL, O_DIRECT);
	assert_int_equal(p2pmem_io_attach(f->io, f->fds[0], NULL, &f->job.a), 0);
	assert_int_equal(p2pmem_io_attach(f->io, f->fds[1], NULL, &f->job.b), 0);
	return compare_files(&f->job, &f->result);
}

static void teardown(struct fixture *f)
{
	p2pmem_io_free(f->io);
	munmap(f->memory, f->memory_size);
	close(f->fds[0]);
	close(f->fds[1]);
}

static const size_t memories[] = { 2 * PAGE, 5 * PAGE, 8 * PAGE, 64 * PAGE, 1 << 20 };
#define N_MEMORIES (sizeof(memories) / sizeof(*memories))

static void finds_them_equal(void **state)
{
	for (size_t i = 0; i < N_MEMORIES; i++) {
		struct fixture f;

		setup(&f, memories[i]);
		assert_int_equal(compare(&f), 1);
		assert_int_equal(f.result.done, SIZE);
		assert_int_equal(f.progress, SIZE);
		/* What is behind the last whole block may be read twice. */
		assert_in_range(p2pmem_io_get_counters(f.io)->host_memory_read, 2 * SIZE,
				2 * SIZE + 2 * PAGE);
		teardown(&f);
	}
}

static void finds_the_first_difference(void **state)
{
	static const size_t places[] = { 0, PAGE - 1, PAGE, 7 * PAGE + 3, SIZE - 1 };

	for (size_t i = 0; i < N_MEMORIES; i++)
		for (size_t j = 0; j < sizeof(places) / sizeof(*places); j++) {
			struct fixture f;

			setup(&f, memories[i]);
			/* Another one behind it must not be what is told. */
			assert_int_equal(pwrite(f.fds[1], "\0", 1, places[j]), 1);
			assert_int_equal(pwrite(f.fds[0], "\1", 1, SIZE - 1), 1);
			assert_int_equal(compare(&f), 0);
			assert_int_equal(f.result.difference, places[j]);
			assert_true(f.result.done <= places[j]);
			teardown(&f);
		}
}

static void notices_a_shorter_one(void **state)
{
	for (int i = 0; i < 2; i++) {
		struct fixture f;

		setup(&f, 8 * PAGE);
		assert_int_equal(ftruncate(f.fds[i], 9 * PAGE + 1), 0);
		assert_int_equal(compare(&f), -ENODATA);
		assert_true(f.result.done <= 9 * PAGE);
		teardown(&f);
	}
}

static void stops(void **state)
{
	struct fixture f;

	/* In order, so that there is a middle. */
	setup_by(P2PMEM_IO_ENGINE_SYNC, &f, 8 * PAGE);
	f.stop_at = 6 * PAGE;
	assert_int_equal(compare(&f), -ECANCELED);
	assert_true(f.result.done >= f.stop_at && f.result.done < SIZE);
	teardown(&f);
}

static void needs_room_for_two(void **state)
{
	struct fixture f;

	setup(&f, PAGE);
	assert_int_equal(compare(&f), -ENOMEM);
	teardown(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_them_equal),
		cmocka_unit_test(finds_the_first_difference),
		cmocka_unit_test(notices_a_shorter_one),
		cmocka_unit_test(stops),
		cmocka_unit_test(needs_room_for_two),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
