/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Copies and ranges on files in memory, by an engine that completes transfers
 * in whatever order a test wants, and lets them fall short or fail: direct I/O
 * may, anywhere.
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <cmocka.h>

#include "client/lib_io.h"

#define BLOCK 4096
#define ALIGN 512
#define DEPTH 4

/* What a transfer does next: 0 what it should, above 0 no more than so many bytes, else -errno. */
struct script {
	int after; /* transfers before that */
	int limit;
	int times;
	int then; /* -errno of the one after those */
};

static struct script script(int after, int limit, int times, int then)
{
	return (struct script){ after, limit, times, then };
}

static struct script reads, writes, syncs;
static int n_reads, n_writes, n_syncs, most_in_flight;

static int scripted(struct script *s)
{
	if (s->after-- > 0 || s->times < 0)
		return 0;
	return s->times-- > 0 ? s->limit : s->then;
}

int fsync(int fd)
{
	int limit = scripted(&syncs);

	n_syncs++;
	errno = -limit;
	return limit < 0 ? -1 : 0;
}

/* ---- the engine ------------------------------------------------------- */

enum order {
	FIRST,
	LAST,
	MIXED
};

static enum order order;
static struct io_slot *queue[DEPTH];
static int queued;
static unsigned int mixer;

static void start(struct p2pmem_io *io, struct io_slot *slot)
{
	assert_int_equal((uintptr_t)(slot->memory + slot->moved) % ALIGN, 0);
	assert_int_equal((slot->offset + slot->moved) % slot->file->align, 0);
	assert_int_equal(slot->asked % slot->file->align, 0);
	assert_true(slot->memory >= io->memory &&
		    slot->memory + slot->moved + slot->asked <= io->memory + io->memory_size);
	assert_true(queued < DEPTH);
	queue[queued++] = slot;
	if (queued > most_in_flight)
		most_in_flight = queued;
}

static ssize_t transfer(const struct io_slot *slot)
{
	bool read = slot->operation == P2PMEM_IO_READ;
	int limit = scripted(read ? &reads : &writes);
	size_t n = limit > 0 && (size_t)limit < slot->asked ? (size_t)limit : slot->asked;
	ssize_t moved;

	*(read ? &n_reads : &n_writes) += 1;
	if (limit < 0)
		return limit;
	moved = syscall(read ? SYS_pread64 : SYS_pwrite64, slot->file->fd,
			slot->memory + slot->moved, n, slot->offset + slot->moved);
	return moved < 0 ? -errno : moved;
}

static int reap(struct p2pmem_io *io, struct io_slot **ret, ssize_t *ret_result)
{
	int i = 0;

	assert_true(queued > 0);
	mixer = mixer * 1103515245 + 12345;
	if (order != FIRST)
		i = order == LAST ? queued - 1 : (int)(mixer >> 16) % queued;
	*ret = queue[i];
	memmove(&queue[i], &queue[i + 1], (size_t)(--queued - i) * sizeof(*queue));
	*ret_result = transfer(*ret);
	return 0;
}

static void no_close(struct p2pmem_io *io)
{
}

static const struct io_engine engine = {
	.kind = P2PMEM_IO_ENGINE_SYNC,
	.close = no_close,
	.start = start,
	.reap = reap,
};

/* ---- fixture ----------------------------------------------------------- */

struct fixture {
	struct p2pmem_io *io;
	struct p2pmem_io_file *src, *dst;
	struct p2pmem_io_copy_options copy;
	char *memory;
	char *content;
	size_t size;
	uint64_t stop_at;
	uint64_t progress;
};

static void progress(uint64_t done, void *userdata)
{
	struct fixture *f = userdata;

	assert_true(done > f->progress);
	assert_int_equal(done, p2pmem_io_done(f->io));
	f->progress = done;
	if (f->stop_at && done >= f->stop_at)
		p2pmem_io_cancel(f->io);
}

static struct p2pmem_io_file *file(struct p2pmem_io *io, const char *name)
{
	struct p2pmem_io_file *f = calloc(1, sizeof(*f));

	*f = (struct p2pmem_io_file){
		.next = io->files,
		.name = strdup(name),
		.fd = memfd_create(name, 0),
		.align = ALIGN,
	};
	io->files = f;
	return f;
}

static void make_handle(struct fixture *f)
{
	struct p2pmem_io_options options = {
		.struct_size = sizeof(options),
		.memory = f->memory,
		.memory_size = (size_t)DEPTH * BLOCK,
		.queue_depth = DEPTH,
		.engine = P2PMEM_IO_ENGINE_SYNC,
	};

	assert_int_equal(p2pmem_io_new(&options, &f->io), 0);
	f->io->engine->close(f->io);
	f->io->engine = &engine;
}

static void setup(struct fixture *f, size_t size)
{
	memset(f, 0, sizeof(*f));
	reads = writes = syncs = (struct script){};
	n_reads = n_writes = n_syncs = most_in_flight = queued = 0;
	order = FIRST;
	f->size = size;
	f->content = malloc(size + 1);
	for (size_t i = 0; i < size; i++)
		f->content[i] = (char)(i * 7 + i / 251 + 1);
	f->memory = mmap(NULL, DEPTH * BLOCK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
			 -1, 0);
	memset(f->memory, 0xee, DEPTH * BLOCK);
	make_handle(f);
	f->src = file(f->io, "source");
	f->dst = file(f->io, "destination");
	assert_int_equal(write(f->src->fd, f->content, size), size);
	f->copy = (struct p2pmem_io_copy_options){
		.struct_size = sizeof(f->copy),
		.src = f->src,
		.dst = f->dst,
		.length = size,
		.block_size = BLOCK,
		.truncate = 1,
		.sync = 1,
		.progress = progress,
		.userdata = f,
	};
}

static void teardown(struct fixture *f)
{
	assert_int_equal(queued, 0);
	assert_int_equal(f->io->in_flight, 0);
	close(f->src->fd);
	close(f->dst->fd);
	p2pmem_io_free(f->io);
	munmap(f->memory, DEPTH * BLOCK);
	free(f->content);
}

/* The destination holds the first @n bytes of the source. */
static void assert_holds(const struct fixture *f, size_t n)
{
	char *got = calloc(1, f->size + BLOCK);

	assert_true(syscall(SYS_pread64, f->dst->fd, got, f->size + BLOCK, 0) >= (ssize_t)n);
	assert_memory_equal(got, f->content, n);
	free(got);
}

static void assert_size(int fd, size_t n)
{
	struct stat st;

	assert_int_equal(fstat(fd, &st), 0);
	assert_int_equal(st.st_size, n);
}

static void assert_copied(const struct fixture *f, size_t n)
{
	assert_size(f->dst->fd, n);
	assert_holds(f, n);
}

static void assert_failed(const struct fixture *f, const struct p2pmem_io_file *at,
			  enum p2pmem_io_operation operation, uint64_t offset, int error)
{
	const struct p2pmem_io_failure *failure = p2pmem_io_last_failure(f->io);

	assert_non_null(failure);
	assert_int_equal(failure->fd, at->fd);
	assert_string_equal(failure->name, at->name);
	assert_int_equal(failure->operation, operation);
	assert_int_equal(failure->offset, offset);
	assert_int_equal(failure->error, error);
	assert_non_null(strstr(p2pmem_io_errmsg(f->io), at->name));
}

/* ---- copies ------------------------------------------------------------ */

static void keeps_the_queue_full(void **state)
{
	struct fixture f;

	setup(&f, (size_t)10 * BLOCK);
	assert_int_equal(p2pmem_io_copy(f.io, &f.copy), 0);
	assert_copied(&f, f.size);
	assert_int_equal(p2pmem_io_done(f.io), f.size);
	assert_int_equal(p2pmem_io_get_counters(f.io)->host_memory_read, f.size);
	assert_int_equal(p2pmem_io_get_counters(f.io)->host_memory_written, f.size);
	assert_int_equal(p2pmem_io_get_counters(f.io)->peer_to_peer_read, 0);
	assert_int_equal(p2pmem_io_get_counters(f.io)->peer_to_peer_written, 0);
	assert_int_equal(f.progress, f.size);
	assert_int_equal(n_reads, 10);
	assert_int_equal(n_writes, 10);
	assert_int_equal(n_syncs, 1);
	assert_int_equal(most_in_flight, DEPTH);
	teardown(&f);
}

static void completes_in_any_order(void **state)
{
	static const enum order orders[] = { FIRST, LAST, MIXED };

	for (size_t i = 0; i < sizeof(orders) / sizeof(*orders); i++) {
		struct fixture f;

		setup(&f, (size_t)33 * BLOCK + 5);
		order = orders[i];
		assert_int_equal(p2pmem_io_copy(f.io, &f.copy), 0);
		assert_copied(&f, f.size);
		assert_int_equal(f.progress, f.size);
		teardown(&f);
	}
}

static void pads_and_cuts_a_tail(void **state)
{
	static const size_t sizes[] = { 1, 511, 513, BLOCK - 1, BLOCK + 1, 3 * BLOCK + 777 };

	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		size_t padded = (sizes[i] + ALIGN - 1) / ALIGN * ALIGN;
		struct fixture f;

		setup(&f, sizes[i]);
		f.copy.truncate = 0;
		assert_int_equal(p2pmem_io_copy(f.io, &f.copy), 0);
		assert_copied(&f, sizes[i]);
		assert_int_equal(p2pmem_io_get_counters(f.io)->host_memory_read, sizes[i]);
		assert_int_equal(p2pmem_io_get_counters(f.io)->host_memory_written, padded);
		teardown(&f);
	}
}

/* Nothing that was in the memory before may reach the destination. */
static void padding_is_zero(void **state)
{
	char got[ALIGN] = {};
	struct fixture f;

	setup(&f, 100);
	/* One that cannot be cut afterwards. */
	close(f.dst->fd);
	f.dst->fd = memfd_create("sealed", MFD_ALLOW_SEALING);
	assert_int_equal(fcntl(f.dst->fd, F_ADD_SEALS, F_SEAL_SHRINK), 0);
	assert_int_equal(p2pmem_io_copy(f.io, &f.copy), -EPERM);
	assert_failed(&f, f.dst, P2PMEM_IO_TRUNCATE, 100, -EPERM);
	assert_int_equal(syscall(SYS_pread64, f.dst->fd, got, sizeof(got), 0), ALIGN);
	assert_memory_equal(got, f.content, 100);
	for (size_t i = 100; i < ALIGN; i++)
		assert_int_equal(got[i], 0);
	teardown(&f);
}

static void cuts_what_was_longer_if_told_to(void **state)
{
	struct fixture f;

	setup(&f, (size_t)2 * BLOCK);
	assert_int_equal(ftruncate(f.dst->fd, 10 * BLOCK), 0);
	f.copy.length = BLOCK + 10;
	f.copy.truncate = 0;
	assert_int_equal(p2pmem_io_copy(f.io, &f.copy), -EINVAL);
	assert_null(p2pmem_io_last_failure(f.io));
	assert_int_equal(n_reads, 0);
	f.copy.length = BLOCK;
	assert_int_equal(p2pmem_io_copy(f.io, &f.copy), 0);
	assert_size(f.dst->fd, 10 * BLOCK);
	f.progress = 0;
	f.copy.length = BLOCK + 10;
	f.copy.truncate = 1;
	assert_int_equal(p2pmem_io_copy(f.io, &f.copy), 0);
	assert_copied(&f, BLOCK + 10);
	teardown(&f);
}

static void starts_anywhere(void **state)
{
	char got[2 * BLOCK];
	struct fixture f;

	setup(&f, (size_t)8 * BLOCK);
	f.copy.src_offset = 3 * BLOCK;
	f.copy.dst_offset = 512;
	f.copy.length = sizeof(got);
	assert_int_equal(p2pmem_io_copy(f.io, &f.copy), 0);
	assert_size(f.dst->fd, 512 + sizeof(got));
	assert_int_equal(pread(f.dst->fd, got, sizeof(got), 512), sizeof(got));
	assert_memory_equal(got, f.content + 3 * BLOCK, sizeof(got));
	f.copy.src_offset = 100;
	assert_int_equal(p2pmem_io_copy(f.io, &f.copy), -EINVAL);
	teardown(&f);
}

static void goes_on_after_short_transfers(void **state)
{
	/* Limits that are aligned, and that are not: then some is transferred twice. */
	static const int limits[] = { 512, 1024, 700, 4095 };

	for (size_t i = 0; i < sizeof(limits) / sizeof(*limits); i++) {
		struct fixture f;
		const struct p2pmem_io_counters *c;

		setup(&f, (size_t)9 * BLOCK);
		order = MIXED;
		reads = writes = script(0, limits[i], 1000, 0);
		assert_int_equal(p2pmem_io_copy(f.io, &f.copy), 0);
		assert_copied(&f, f.size);
		c = p2pmem_io_get_counters(f.io);
		assert_int_equal(c->host_memory_read, c->host_memory_written);
		assert_true(c->host_memory_read >= f.size);
		if (limits[i] % ALIGN == 0)
			assert_int_equal(c->host_memory_read, f.size);
		teardown(&f);
	}
}

static void goes_on_after_other_signals(void **state)
{
	struct fixture f;

	setup(&f, (size_t)6 * BLOCK);
	reads = script(1, -EINTR, 3, 0);
	writes = script(0, -EAGAIN, 3, 0);
	assert_int_equal(p2pmem_io_copy(f.io, &f.copy), 0);
	assert_copied(&f, f.size);
	teardown(&f);
}

static void ends_where_nothing_moves(void **state)
{
	struct fixture f;

	setup(&f, (size_t)2 * BLOCK);
	writes = script(1, 100, 1000, 0);
	assert_int_equal(p2pmem_io_copy(f.io, &f.copy), -EIO);
	assert_failed(&f, f.dst, P2PMEM_IO_WRITE, BLOCK, -EIO);
	assert_int_equal(p2pmem_io_done(f.io), BLOCK);
	assert_holds(&f, BLOCK);
	teardown(&f);
}

static void notices_a_source_that_shrinks(void **state)
{
	static const size_t behind[] = { 0, 512, 700 };

	for (size_t i = 0; i < sizeof(behind) / sizeof(*behind); i++) {
		struct fixture f;

		setup(&f, 2 * BLOCK + behind[i]);
		f.copy.length = (size_t)9 * BLOCK;
		order = LAST;
		assert_int_equal(p2pmem_io_copy(f.io, &f.copy), -ENODATA);
		assert_failed(&f, f.src, P2PMEM_IO_READ, f.size, -ENODATA);
		assert_int_equal(p2pmem_io_done(f.io), 2 * BLOCK);
		assert_holds(&f, 2 * BLOCK);
		teardown(&f);
	}
}

/* The kernel's word for it is that for an early end here. */
static void does_not_take_a_bad_medium_for_an_end(void **state)
{
	struct fixture f;

	setup(&f, (size_t)4 * BLOCK);
	reads = script(2, -ENODATA, 1, 0);
	assert_int_equal(p2pmem_io_copy(f.io, &f.copy), -EIO);
	assert_failed(&f, f.src, P2PMEM_IO_READ, 2 * BLOCK, -EIO);
	assert_non_null(strstr(p2pmem_io_errmsg(f.io), strerror(EIO)));
	teardown(&f);
}

/* Others may complete behind it: what is told is the first, and what is certain before. */
static void says_how_far_it_came(void **state)
{
	static const enum order orders[] = { FIRST, LAST, MIXED };

	for (int after = 0; after < 10; after++)
		for (size_t i = 0; i < 2 * sizeof(orders) / sizeof(*orders); i++) {
			bool read = i % 2;
			struct fixture f;
			uint64_t done;

			setup(&f, (size_t)10 * BLOCK + 100);
			order = orders[i / 2];
			*(read ? &reads : &writes) = script(after, -EREMOTEIO, 3, 0);
			assert_int_equal(p2pmem_io_copy(f.io, &f.copy), -EREMOTEIO);
			done = p2pmem_io_done(f.io);
			assert_failed(&f, read ? f.src : f.dst,
				      read ? P2PMEM_IO_READ : P2PMEM_IO_WRITE, done, -EREMOTEIO);
			assert_true(done < f.size && f.progress <= done);
			assert_holds(&f, done);
			assert_int_equal(n_syncs, 1);
			teardown(&f);
		}
}

/* A write that fails half-way was good that far; what was read half-way was not written. */
static void counts_half_blocks(void **state)
{
	struct fixture f;

	setup(&f, (size_t)3 * BLOCK);
	writes = script(1, 1024, 1, -ENXIO);
	f.io->depth = 1;
	f.io->memory_size = BLOCK;
	assert_int_equal(p2pmem_io_copy(f.io, &f.copy), -ENXIO);
	assert_failed(&f, f.dst, P2PMEM_IO_WRITE, BLOCK + 1024, -ENXIO);
	assert_int_equal(p2pmem_io_done(f.io), BLOCK + 1024);
	assert_holds(&f, BLOCK + 1024);
	teardown(&f);

	setup(&f, (size_t)3 * BLOCK);
	reads = script(1, 1024, 1, -ENXIO);
	f.io->depth = 1;
	f.io->memory_size = BLOCK;
	assert_int_equal(p2pmem_io_copy(f.io, &f.copy), -ENXIO);
	assert_failed(&f, f.src, P2PMEM_IO_READ, BLOCK + 1024, -ENXIO);
	assert_int_equal(p2pmem_io_done(f.io), BLOCK);
	teardown(&f);
}

static void a_failure_to_sync_is_one(void **state)
{
	struct fixture f;

	setup(&f, BLOCK);
	syncs = script(0, -EIO, 1, 0);
	assert_int_equal(p2pmem_io_copy(f.io, &f.copy), -EIO);
	assert_failed(&f, f.dst, P2PMEM_IO_SYNC, 0, -EIO);
	teardown(&f);

	setup(&f, BLOCK);
	f.copy.sync = 0;
	assert_int_equal(p2pmem_io_copy(f.io, &f.copy), 0);
	assert_int_equal(n_syncs, 0);
	teardown(&f);

	/* The first failure is what is told. */
	setup(&f, BLOCK);
	writes = script(0, -ENOSPC, 1, 0);
	syncs = script(0, -EIO, 1, 0);
	assert_int_equal(p2pmem_io_copy(f.io, &f.copy), -ENOSPC);
	assert_failed(&f, f.dst, P2PMEM_IO_WRITE, 0, -ENOSPC);
	assert_non_null(p2pmem_io_error_remedy(f.io));
	teardown(&f);

	/* To have been cancelled is none, and nobody is told that all is well. */
	setup(&f, (size_t)30 * BLOCK);
	f.stop_at = 7 * BLOCK;
	syncs = script(0, -EIO, 1, 0);
	assert_int_equal(p2pmem_io_copy(f.io, &f.copy), -EIO);
	assert_int_equal(p2pmem_io_last_failure(f.io)->operation, P2PMEM_IO_SYNC);
	assert_true(p2pmem_io_done(f.io) >= f.stop_at && p2pmem_io_done(f.io) < f.size);
	teardown(&f);
}

static void stops_when_cancelled(void **state)
{
	struct fixture f;

	setup(&f, (size_t)30 * BLOCK);
	order = MIXED;
	f.stop_at = 7 * BLOCK;
	assert_int_equal(p2pmem_io_copy(f.io, &f.copy), -ECANCELED);
	assert_null(p2pmem_io_last_failure(f.io));
	assert_true(p2pmem_io_done(f.io) >= f.stop_at && p2pmem_io_done(f.io) < f.size);
	assert_int_equal(p2pmem_io_done(f.io) % BLOCK, 0);
	assert_holds(&f, p2pmem_io_done(f.io));
	assert_int_equal(n_syncs, 1);
	teardown(&f);
}

/* A signal may come before the call that it is meant for, and ends no other one. */
static void a_cancel_ends_one_call(void **state)
{
	struct fixture f;

	setup(&f, (size_t)3 * BLOCK);
	p2pmem_io_cancel(f.io);
	assert_int_equal(p2pmem_io_copy(f.io, &f.copy), -ECANCELED);
	assert_int_equal(p2pmem_io_done(f.io), 0);
	assert_int_equal(n_reads, 0);
	assert_int_equal(p2pmem_io_copy(f.io, &f.copy), 0);
	teardown(&f);
}

static void sides_may_differ_in_alignment(void **state)
{
	struct fixture f;

	setup(&f, BLOCK + 512);
	f.dst->align = 4096;
	assert_int_equal(p2pmem_io_copy(f.io, &f.copy), 0);
	assert_copied(&f, f.size);
	assert_int_equal(p2pmem_io_get_counters(f.io)->host_memory_written, 2 * BLOCK);
	teardown(&f);
}

static void devices_want_whole_blocks(void **state)
{
	struct fixture f;

	setup(&f, BLOCK + 100);
	f.dst->is_device = true;
	assert_int_equal(p2pmem_io_copy(f.io, &f.copy), -EINVAL);
	assert_non_null(strstr(p2pmem_io_errmsg(f.io), "multiple"));
	assert_int_equal(n_reads, 0);
	f.copy.length = BLOCK + 512;
	f.size = BLOCK + 100;
	assert_int_equal(p2pmem_io_copy(f.io, &f.copy), -ENODATA);
	teardown(&f);
}

/* Blocks become smaller before they become fewer. */
static void makes_do_with_little_memory(void **state)
{
	struct fixture f;

	setup(&f, (size_t)20 * BLOCK);
	f.io->memory_size = (size_t)2 * BLOCK;
	f.copy.block_size = 1 << 20;
	assert_int_equal(p2pmem_io_copy(f.io, &f.copy), 0);
	assert_copied(&f, f.size);
	assert_int_equal(n_reads, 10);
	f.io->memory_size = 512;
	assert_int_equal(p2pmem_io_copy(f.io, &f.copy), -EINVAL);
	teardown(&f);
}

/* Unless told otherwise, transfers are no longer than both files take in one piece. */
static void goes_by_what_the_files_take(void **state)
{
	struct fixture f;
	char *memory;

	setup(&f, (size_t)256 << 10);
	memory = f.io->memory;
	f.io->memory =
		mmap(NULL, f.size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	f.io->memory_size = f.size;
	f.io->depth = 1;
	f.copy.block_size = 0;
	f.dst->transfer_max = (size_t)128 << 10;
	assert_int_equal(p2pmem_io_copy(f.io, &f.copy), 0);
	assert_copied(&f, f.size);
	assert_int_equal(n_reads, 2);
	munmap(f.io->memory, f.size);
	f.io->memory = memory;
	teardown(&f);
}

/* ---- ranges ------------------------------------------------------------- */

static void reads_a_range(void **state)
{
	struct fixture f;

	setup(&f, (size_t)4 * BLOCK);
	assert_int_equal(p2pmem_io_read(f.io, f.src, 512, 2 * BLOCK, 1024), 2 * BLOCK);
	assert_memory_equal(f.memory + 1024, f.content + 512, 2 * BLOCK);
	assert_int_equal((unsigned char)f.memory[1023], 0xee);
	assert_int_equal((unsigned char)f.memory[1024 + 2 * BLOCK], 0xee);
	teardown(&f);
}

static void a_read_ends_with_the_file(void **state)
{
	static const size_t sizes[] = { 0, 100, 512, 700, BLOCK, BLOCK + 513 };

	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		struct fixture f;

		setup(&f, sizes[i]);
		reads = script(0, 512, 100, 0);
		assert_int_equal(p2pmem_io_read(f.io, f.src, 0, 3 * BLOCK, 0), sizes[i]);
		assert_int_equal(p2pmem_io_done(f.io), sizes[i]);
		assert_memory_equal(f.memory, f.content, sizes[i]);
		teardown(&f);
	}
}

static void writes_a_range(void **state)
{
	struct fixture f;

	setup(&f, (size_t)4 * BLOCK);
	memcpy(f.memory, f.content, DEPTH * BLOCK);
	writes = script(0, 1024, 3, 0);
	assert_int_equal(p2pmem_io_write(f.io, f.dst, 0, DEPTH * BLOCK, 0), 0);
	assert_copied(&f, f.size);
	writes = script(0, -ENOSPC, 1, 0);
	assert_int_equal(p2pmem_io_write(f.io, f.dst, 512, 512, 0), -ENOSPC);
	assert_failed(&f, f.dst, P2PMEM_IO_WRITE, 512, -ENOSPC);
	assert_int_equal(p2pmem_io_done(f.io), 0);
	teardown(&f);
}

static void refuses_what_does_not_fit(void **state)
{
	struct fixture f;

	setup(&f, (size_t)4 * BLOCK);
	assert_int_equal(p2pmem_io_read(f.io, f.src, 1, 512, 0), -EINVAL);
	assert_int_equal(p2pmem_io_read(f.io, f.src, 0, 511, 0), -EINVAL);
	assert_int_equal(p2pmem_io_read(f.io, f.src, 0, 512, 100), -EINVAL);
	assert_non_null(strstr(p2pmem_io_errmsg(f.io), "multiples of 512"));
	assert_int_equal(p2pmem_io_read(f.io, f.src, 0, 5 * BLOCK, 0), -EINVAL);
	assert_int_equal(p2pmem_io_read(f.io, f.src, 0, 512, 4 * BLOCK), -EINVAL);
	assert_int_equal(p2pmem_io_read(f.io, f.src, 0, 512, (size_t)-512), -EINVAL);
	assert_int_equal(p2pmem_io_read(f.io, f.src, UINT64_MAX - 511, 512, 0), -EINVAL);
	assert_int_equal(p2pmem_io_write(f.io, f.dst, UINT64_MAX - 511, 512, 0), -EINVAL);
	assert_int_equal(n_reads + n_writes, 0);
	teardown(&f);
}

/* ---- single transfers ----------------------------------------------------- */

static void transfers_one_by_one(void **state)
{
	struct fixture f;
	int64_t moved;
	void *which;

	setup(&f, (size_t)4 * BLOCK);
	order = LAST;
	for (size_t i = 0; i < DEPTH; i++)
		assert_int_equal(p2pmem_io_submit_read(f.io, f.src, i * BLOCK, BLOCK, i * BLOCK,
						       f.memory + i),
				 0);
	assert_int_equal(p2pmem_io_submit_read(f.io, f.src, 0, BLOCK, 0, NULL), -EBUSY);
	assert_int_equal(p2pmem_io_copy(f.io, &f.copy), -EBUSY);
	assert_int_equal(p2pmem_io_read(f.io, f.src, 0, BLOCK, 0), -EBUSY);
	for (size_t i = DEPTH; i-- > 0;) {
		assert_int_equal(p2pmem_io_next(f.io, &which, &moved), 1);
		assert_ptr_equal(which, f.memory + i);
		assert_int_equal(moved, BLOCK);
	}
	assert_int_equal(p2pmem_io_next(f.io, &which, &moved), 0);
	assert_memory_equal(f.memory, f.content, f.size);

	writes = script(0, -EIO, 1, 0);
	assert_int_equal(p2pmem_io_submit_write(f.io, f.dst, BLOCK, BLOCK, 0, &f), 0);
	assert_int_equal(p2pmem_io_next(f.io, &which, &moved), 1);
	assert_ptr_equal(which, &f);
	assert_int_equal(moved, -EIO);
	assert_failed(&f, f.dst, P2PMEM_IO_WRITE, BLOCK, -EIO);
	teardown(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keeps_the_queue_full),
		cmocka_unit_test(completes_in_any_order),
		cmocka_unit_test(pads_and_cuts_a_tail),
		cmocka_unit_test(padding_is_zero),
		cmocka_unit_test(cuts_what_was_longer_if_told_to),
		cmocka_unit_test(starts_anywhere),
		cmocka_unit_test(goes_on_after_short_transfers),
		cmocka_unit_test(goes_on_after_other_signals),
		cmocka_unit_test(ends_where_nothing_moves),
		cmocka_unit_test(notices_a_source_that_shrinks),
		cmocka_unit_test(does_not_take_a_bad_medium_for_an_end),
		cmocka_unit_test(says_how_far_it_came),
		cmocka_unit_test(counts_half_blocks),
		cmocka_unit_test(a_failure_to_sync_is_one),
		cmocka_unit_test(stops_when_cancelled),
		cmocka_unit_test(a_cancel_ends_one_call),
		cmocka_unit_test(sides_may_differ_in_alignment),
		cmocka_unit_test(devices_want_whole_blocks),
		cmocka_unit_test(makes_do_with_little_memory),
		cmocka_unit_test(goes_by_what_the_files_take),
		cmocka_unit_test(reads_a_range),
		cmocka_unit_test(a_read_ends_with_the_file),
		cmocka_unit_test(writes_a_range),
		cmocka_unit_test(refuses_what_does_not_fit),
		cmocka_unit_test(transfers_one_by_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
