// SPDX-License-Identifier: LGPL-2.1-or-later
/* Transfers between a disk and buffers. Overwrites the scratch disk. */
#include <fcntl.h>
#include <linux/aio_abi.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "driver-test.h"

#define LENGTH (512 * KIB)
#define AT (4 * MIB)
#define READS 32
#define ROUNDS 20
#define READ_LENGTH (256 * KIB)

static int open_scratch(const struct lab *lab)
{
	int fd;

	if (!lab->scratch) {
		skip("no scratch disk (P2PMEM_TEST_DISK)");
		return -1;
	}
	fd = open(lab->scratch, O_RDWR | O_DIRECT | O_CLOEXEC);
	check(fd >= 0);
	return fd;
}

/* Each block different, so that swapped ones are noticed. */
static void make_pattern(void *memory, uint64_t seed)
{
	for (size_t at = 0; at < LENGTH; at += 4 * KIB)
		fill((char *)memory + at, seed + at, 4 * KIB);
}

static bool is_pattern(const void *memory, uint64_t seed)
{
	for (size_t at = 0; at < LENGTH; at += 4 * KIB)
		if (!is_filled((const char *)memory + at, seed + at, 4 * KIB))
			return false;
	return true;
}

static void *host_memory(void)
{
	return mmap(NULL, LENGTH, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

static void test_read(struct lab *lab)
{
	int disk = open_scratch(lab), fd;
	void *host, *memory;

	if (disk < 0)
		return;
	host = host_memory();
	make_pattern(host, 0x1000000000000000);
	check(pwrite(disk, host, LENGTH, AT) == LENGTH);

	fd = alloc(lab, LENGTH);
	memory = map(fd, LENGTH);
	check(pread(disk, memory, LENGTH, AT) == LENGTH);
	check(is_pattern(memory, 0x1000000000000000));
	munmap(memory, LENGTH);
	munmap(host, LENGTH);
	close(fd);
	close(disk);
}

static void test_write(struct lab *lab)
{
	int disk = open_scratch(lab), fd;
	void *host, *memory;

	if (disk < 0)
		return;
	fd = alloc(lab, LENGTH);
	memory = map(fd, LENGTH);
	make_pattern(memory, 0x2000000000000000);
	check(pwrite(disk, memory, LENGTH, AT) == LENGTH);

	host = host_memory();
	check(pread(disk, host, LENGTH, AT) == LENGTH);
	check(is_pattern(host, 0x2000000000000000));
	munmap(memory, LENGTH);
	munmap(host, LENGTH);
	close(fd);
	close(disk);
}

/* A part of a node's mapping, and no CPU access before the transfer. */
static void test_read_into_node_mapping(struct lab *lab)
{
	int disk = open_scratch(lab);
	char *memory, *host;

	if (disk < 0)
		return;
	host = host_memory();
	make_pattern(host, 0x3000000000000000);
	check(pwrite(disk, host, LENGTH, AT) == LENGTH);
	memory = map(lab->region, 2 * LENGTH);
	check(pread(disk, memory + 4 * KIB, LENGTH, AT) == LENGTH);
	check(is_pattern(memory + 4 * KIB, 0x3000000000000000));
	check(is_filled(memory, 0, 4 * KIB));
	munmap(memory, 2 * LENGTH);
	munmap(host, LENGTH);
	close(disk);
}

/* Starts READS reads into consecutive parts of memory; true if all started. */
static bool start_reads(aio_context_t context, int disk, char *memory)
{
	for (int i = 0; i < READS; i++) {
		struct iocb cb = { .aio_lio_opcode = IOCB_CMD_PREAD,
				   .aio_fildes = disk,
				   .aio_buf = (uintptr_t)memory + i * READ_LENGTH,
				   .aio_nbytes = READ_LENGTH,
				   .aio_offset = i * READ_LENGTH };
		struct iocb *cbs[] = { &cb };

		if (syscall(SYS_io_submit, context, 1, cbs) != 1)
			return false;
	}
	return true;
}

/* How many more reads have ended; all of them must have succeeded. */
static int reap_reads(aio_context_t context)
{
	struct io_event events[READS];
	long n = syscall(SYS_io_getevents, context, 0, READS, events, NULL);

	check(n >= 0);
	for (long i = 0; i < n; i++)
		check(events[i].res == (int64_t)READ_LENGTH);
	return n;
}

/* The one buffer there is, as the control node shows it. */
static bool the_buffer(const struct lab *lab, struct p2pmem_buffer_info *ret)
{
	struct p2pmem_list list = { .size = sizeof(list),
				    .entry_size = sizeof(*ret),
				    .entries = (uintptr_t)ret,
				    .capacity = 1 };

	return ioctl(lab->control, P2PMEM_CONTROL_LIST_BUFFERS, &list) == 0 && list.count;
}

/*
 * What was seen before the end of the last read must show the whole buffer
 * charged: a page given back earlier would be overwritten by the drive.
 */
static unsigned int watch_reads(struct lab *lab, aio_context_t context)
{
	unsigned int seen = 0;

	for (int ended = 0; ended < READS;) {
		struct p2pmem_buffer_info info = { 0 };
		uint64_t available = lab_available(lab);
		bool listed = the_buffer(lab, &info);

		ended += reap_reads(context);
		if (ended == READS)
			break;
		seen++;
		check(available == lab->available - READS * READ_LENGTH);
		check(listed && info.state == P2PMEM_STATE_DRAINING);
	}
	return seen;
}

static bool is_back(struct lab *lab)
{
	return lab_available(lab) == lab->available;
}

/* Returns how often reads were seen in flight after the last user was gone. */
static unsigned int leave_reads_behind(struct lab *lab, int disk)
{
	int fd = alloc(lab, READS * READ_LENGTH);
	char *memory = map(fd, READS * READ_LENGTH);
	aio_context_t context = 0;
	unsigned int seen;

	if (!check(memory != MAP_FAILED))
		return 0;
	check_errno(syscall(SYS_io_setup, READS, &context), 0);
	check(start_reads(context, disk, memory));
	munmap(memory, READS * READ_LENGTH);
	close(fd);
	seen = watch_reads(lab, context);
	syscall(SYS_io_destroy, context);
	/* The last read lets go of the memory a moment after it is told of. */
	check(await(is_back, lab));
	return seen;
}

/* Tried again where the disk was so quick that there was nothing to be seen. */
static void test_charged_until_done(struct lab *lab)
{
	int disk = open_scratch(lab), round;
	unsigned int seen = 0;
	char *trace;

	if (disk < 0)
		return;
	check(trace_begin());
	for (round = 0; !seen && round < ROUNDS; round++)
		seen = leave_reads_behind(lab, disk);
	trace = trace_end();
	note("seen %u times with reads in flight, in round %d", seen, round);
	check(seen);
	check(strstr(trace, " p2pmem_drain: id="));
	free(trace);
	close(disk);
}

const struct test io_tests[] = {
	{ "O_DIRECT reads arrive in a buffer", test_read },
	{ "O_DIRECT writes leave a buffer", test_write },
	{ "reads arrive in a mapping of the node", test_read_into_node_mapping },
	{ "memory stays charged until transfers end", test_charged_until_done },
	{ 0 },
};
