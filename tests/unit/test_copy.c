/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The copy engine on files in memory. The system calls that it uses are
 * replaced by ones that do as the test says, as direct I/O may fall short or
 * fail anywhere.
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <cmocka.h>

#include "client/copy.h"

#define BLOCK 4096
#define ALIGN 512

/* What a system call does next: 0 what it should, above 0 no more than so many bytes, else -errno. */
static struct {
	int after; /* calls before that */
	int limit;
	int times;
} reads, writes, syncs;
static int n_reads, n_writes, n_syncs;

static int scripted(typeof(reads) *s)
{
	if (s->after-- > 0 || s->times <= 0)
		return 0;
	s->times--;
	return s->limit;
}

static void check_direct(const void *buffer, size_t n, off_t offset)
{
	assert_int_equal((uintptr_t)buffer % ALIGN, 0);
	assert_int_equal(n % ALIGN, 0);
	assert_int_equal(offset % ALIGN, 0);
}

ssize_t pread64(int fd, void *buffer, size_t n, off_t offset);
ssize_t pread64(int fd, void *buffer, size_t n, off_t offset)
{
	int limit = scripted(&reads);

	n_reads++;
	check_direct(buffer, n, offset);
	if (limit < 0) {
		errno = -limit;
		return -1;
	}
	return syscall(SYS_pread64, fd, buffer, limit && (size_t)limit < n ? (size_t)limit : n,
		       offset);
}

ssize_t pwrite64(int fd, const void *buffer, size_t n, off_t offset);
ssize_t pwrite64(int fd, const void *buffer, size_t n, off_t offset)
{
	int limit = scripted(&writes);

	n_writes++;
	check_direct(buffer, n, offset);
	if (limit < 0) {
		errno = -limit;
		return -1;
	}
	return syscall(SYS_pwrite64, fd, buffer, limit && (size_t)limit < n ? (size_t)limit : n,
		       offset);
}

int fsync(int fd)
{
	int limit = scripted(&syncs);

	n_syncs++;
	errno = -limit;
	return limit < 0 ? -1 : 0;
}

struct fixture {
	struct copy_job job;
	struct copy_result result;
	char *content;
	size_t size;
	volatile sig_atomic_t stop;
	uint64_t stop_at;
	uint64_t progress;
};

static void progress(void *data, uint64_t done)
{
	struct fixture *f = data;

	assert_true(done > f->progress);
	f->progress = done;
	if (f->stop_at && done >= f->stop_at)
		f->stop = 1;
}

static void setup(struct fixture *f, size_t size)
{
	memset(f, 0, sizeof(*f));
	reads = writes = syncs = (typeof(reads)){};
	n_reads = n_writes = n_syncs = 0;
	f->size = size;
	f->content = malloc(size);
	for (size_t i = 0; i < size; i++)
		f->content[i] = (char)(i * 7 + i / 251 + 1);
	f->job = (struct copy_job){
		.src = { memfd_create("src", 0), ALIGN, true },
		.dst = { memfd_create("dst", 0), ALIGN, true },
		.buffer = aligned_alloc(4096, 4 * BLOCK),
		.buffer_size = BLOCK,
		.size = size,
		.stop = &f->stop,
		.progress = progress,
		.data = f,
	};
	assert_int_equal(write(f->job.src.fd, f->content, size), size);
	memset(f->job.buffer, 0xee, 4 * BLOCK);
}

static void teardown(struct fixture *f)
{
	close(f->job.src.fd);
	close(f->job.dst.fd);
	free(f->job.buffer);
	free(f->content);
}

/* The destination holds the first @n bytes of the source and no more. */
static void assert_copied(const struct fixture *f, size_t n)
{
	char *got = calloc(1, f->size + BLOCK);

	assert_int_equal(syscall(SYS_pread64, f->job.dst.fd, got, f->size + BLOCK, 0), n);
	assert_memory_equal(got, f->content, n);
	free(got);
}

static void copies_whole_blocks(void **state)
{
	struct fixture f;

	setup(&f, 4 * BLOCK);
	assert_int_equal(copy_run(&f.job, &f.result), 0);
	assert_copied(&f, f.size);
	assert_int_equal(f.result.done, f.size);
	assert_int_equal(f.result.bytes_read, f.size);
	assert_int_equal(f.result.bytes_written, f.size);
	assert_int_equal(f.progress, f.size);
	assert_int_equal(n_reads, 4);
	assert_int_equal(n_writes, 4);
	assert_int_equal(n_syncs, 1);
	teardown(&f);
}

static void pads_and_cuts_a_tail(void **state)
{
	static const size_t sizes[] = { 1, 511, 513, BLOCK - 1, BLOCK + 1, 3 * BLOCK + 777 };

	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		size_t padded = (sizes[i] + ALIGN - 1) / ALIGN * ALIGN;
		struct fixture f;

		setup(&f, sizes[i]);
		assert_int_equal(copy_run(&f.job, &f.result), 0);
		assert_copied(&f, sizes[i]);
		assert_int_equal(f.result.bytes_read, sizes[i]);
		assert_int_equal(f.result.bytes_written, padded);
		teardown(&f);
	}
}

/* Nothing that was in the buffer before may reach the destination. */
static void padding_is_zero(void **state)
{
	struct fixture f;
	char got[ALIGN] = {};

	setup(&f, 100);
	f.job.dst.is_file = false;
	assert_int_equal(copy_run(&f.job, &f.result), 0);
	assert_int_equal(syscall(SYS_pread64, f.job.dst.fd, got, sizeof(got), 0), ALIGN);
	assert_memory_equal(got, f.content, 100);
	for (size_t i = 100; i < ALIGN; i++)
		assert_int_equal(got[i], 0);
	teardown(&f);
}

static void cuts_what_was_longer(void **state)
{
	struct fixture f;

	setup(&f, 2 * BLOCK);
	assert_int_equal(ftruncate(f.job.dst.fd, 10 * BLOCK), 0);
	f.job.size = BLOCK + 10;
	assert_int_equal(copy_run(&f.job, &f.result), 0);
	assert_copied(&f, BLOCK + 10);
	teardown(&f);
}

static void goes_on_after_short_transfers(void **state)
{
	/* Limits that are aligned, and that are not: then some is transferred twice. */
	static const int limits[] = { 512, 1024, 700, 4095 };

	for (size_t i = 0; i < sizeof(limits) / sizeof(*limits); i++) {
		struct fixture f;

		setup(&f, 3 * BLOCK);
		reads = (typeof(reads)){ 0, limits[i], 1000 };
		writes = (typeof(writes)){ 0, limits[i], 1000 };
		assert_int_equal(copy_run(&f.job, &f.result), 0);
		assert_copied(&f, f.size);
		assert_true(f.result.bytes_read >= f.size);
		assert_int_equal(f.result.bytes_read, f.result.bytes_written);
		if (limits[i] % ALIGN == 0)
			assert_int_equal(f.result.bytes_read, f.size);
		teardown(&f);
	}
}

static void ends_where_nothing_moves(void **state)
{
	struct fixture f;

	setup(&f, 2 * BLOCK);
	writes = (typeof(writes)){ 1, 100, 1000 };
	assert_int_equal(copy_run(&f.job, &f.result), -EIO);
	assert_int_equal(f.result.failed, COPY_WRITE);
	assert_int_equal(f.result.offset, BLOCK);
	assert_int_equal(f.result.done, BLOCK);
	teardown(&f);
}

static void notices_a_source_that_shrinks(void **state)
{
	struct fixture f;

	setup(&f, 2 * BLOCK);
	f.job.size = 3 * BLOCK;
	assert_int_equal(copy_run(&f.job, &f.result), -ENODATA);
	assert_int_equal(f.result.failed, COPY_READ_SRC);
	assert_int_equal(f.result.offset, 2 * BLOCK);
	teardown(&f);
}

static void reports_failures(void **state)
{
	struct fixture f;

	setup(&f, 3 * BLOCK);
	reads = (typeof(reads)){ 2, -EREMOTEIO, 1 };
	assert_int_equal(copy_run(&f.job, &f.result), -EREMOTEIO);
	assert_int_equal(f.result.failed, COPY_READ_SRC);
	assert_int_equal(f.result.offset, 2 * BLOCK);
	assert_int_equal(f.result.bytes_written, 2 * BLOCK);
	teardown(&f);

	setup(&f, BLOCK);
	writes = (typeof(writes)){ 0, -ENOSPC, 1 };
	assert_int_equal(copy_run(&f.job, &f.result), -ENOSPC);
	assert_int_equal(f.result.failed, COPY_WRITE);
	assert_int_equal(f.result.bytes_written, 0);
	teardown(&f);

	setup(&f, BLOCK);
	syncs = (typeof(syncs)){ 0, -EIO, 1 };
	assert_int_equal(copy_run(&f.job, &f.result), -EIO);
	assert_int_equal(f.result.failed, COPY_SYNC);
	teardown(&f);
}

static void stops_between_blocks(void **state)
{
	struct fixture f;

	setup(&f, 8 * BLOCK);
	f.stop_at = 3 * BLOCK;
	assert_int_equal(copy_run(&f.job, &f.result), -EINTR);
	assert_int_equal(f.result.done, 3 * BLOCK);
	assert_int_equal(n_syncs, 1);
	assert_copied(&f, 3 * BLOCK);
	teardown(&f);
}

static void goes_on_after_other_signals(void **state)
{
	struct fixture f;

	setup(&f, 2 * BLOCK);
	reads = (typeof(reads)){ 0, -EINTR, 3 };
	writes = (typeof(writes)){ 0, -EINTR, 3 };
	assert_int_equal(copy_run(&f.job, &f.result), 0);
	assert_copied(&f, f.size);
	teardown(&f);
}

static void sides_may_differ_in_alignment(void **state)
{
	struct fixture f;

	setup(&f, BLOCK + 512);
	f.job.dst.align = 4096;
	assert_int_equal(copy_run(&f.job, &f.result), 0);
	assert_copied(&f, f.size);
	assert_int_equal(f.result.bytes_written, 2 * BLOCK);
	teardown(&f);
}

static void compares(void **state)
{
	struct fixture f;

	setup(&f, 3 * BLOCK + 100);
	assert_int_equal(copy_run(&f.job, &f.result), 0);
	f.job.buffer_size = 2 * BLOCK;
	f.progress = 0;
	assert_int_equal(copy_compare(&f.job, &f.result), 1);
	assert_int_equal(f.result.bytes_read, 2 * f.size);
	teardown(&f);
}

static void finds_the_first_difference(void **state)
{
	static const size_t places[] = { 0, BLOCK - 1, BLOCK, 3 * BLOCK + 99 };

	for (size_t i = 0; i < sizeof(places) / sizeof(*places); i++) {
		struct fixture f;

		setup(&f, 3 * BLOCK + 100);
		assert_int_equal(copy_run(&f.job, &f.result), 0);
		assert_int_equal(syscall(SYS_pwrite64, f.job.dst.fd, "\0\0", 1, places[i]), 1);
		f.job.buffer_size = 2 * BLOCK;
		f.progress = 0;
		assert_int_equal(copy_compare(&f.job, &f.result), 0);
		assert_int_equal(f.result.offset, places[i]);
		teardown(&f);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(copies_whole_blocks),
		cmocka_unit_test(pads_and_cuts_a_tail),
		cmocka_unit_test(padding_is_zero),
		cmocka_unit_test(cuts_what_was_longer),
		cmocka_unit_test(goes_on_after_short_transfers),
		cmocka_unit_test(ends_where_nothing_moves),
		cmocka_unit_test(notices_a_source_that_shrinks),
		cmocka_unit_test(reports_failures),
		cmocka_unit_test(stops_between_blocks),
		cmocka_unit_test(goes_on_after_other_signals),
		cmocka_unit_test(sides_may_differ_in_alignment),
		cmocka_unit_test(compares),
		cmocka_unit_test(finds_the_first_difference),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
