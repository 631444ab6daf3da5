/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What verify finds, with a device in memory whose transfers go wrong in the
 * ways that they can: the linker puts the two functions here in the place of
 * those that make them.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "client/ctl_verify.h"

#define BLOCK 65536
#define LENGTH (4 * BLOCK)
#define OFFSET 4096

enum fault {
	FAULT_NONE,
	FAULT_LOST, /* success, and nothing arrives */
	FAULT_ZEROS, /* zeros arrive */
	FAULT_SWAPPED, /* that of the place before arrives */
	FAULT_HALF, /* the first half arrives */
	FAULT_BIT, /* one bit is wrong */
	FAULT_ONCE, /* nothing arrives after the first round */
};

static char device[OFFSET + LENGTH];
static char peer_memory[BLOCK], host_memory[3 * BLOCK];
static int peer_io, host_io; /* their addresses stand for handles */
static enum fault read_fault, write_fault;
static bool is_busy; /* somebody else writes to the device */
static uint64_t device_end = UINT64_MAX;
static uint64_t fault_after; /* bytes that are transferred right before */

static char *memory_of(const struct p2pmem_io *io)
{
	return io == (const void *)&peer_io ? peer_memory : host_memory;
}

static bool is_hit(const struct p2pmem_io *io, enum fault fault, size_t n)
{
	if (io != (const void *)&peer_io || fault == FAULT_NONE)
		return false;
	if (fault_after) {
		fault_after -= fault_after < n ? fault_after : n;
		return false;
	}
	return fault != FAULT_ONCE || n < BLOCK;
}

static void move(const struct p2pmem_io *io, enum fault fault, char *to, const char *from, size_t n)
{
	if (!is_hit(io, fault, n))
		memcpy(to, from, n);
	else if (fault == FAULT_ZEROS)
		memset(to, 0, n);
	else if (fault == FAULT_HALF)
		memcpy(to, from, n / 2 + 100);
	else if (fault == FAULT_BIT) {
		memcpy(to, from, n);
		to[n - 1] ^= 1;
	}
}

int64_t __wrap_p2pmem_io_read(struct p2pmem_io *io, struct p2pmem_io_file *file, uint64_t offset,
			      size_t length, size_t place);
int __wrap_p2pmem_io_write(struct p2pmem_io *io, struct p2pmem_io_file *file, uint64_t offset,
			   size_t length, size_t place);

int64_t __wrap_p2pmem_io_read(struct p2pmem_io *io, struct p2pmem_io_file *file, uint64_t offset,
			      size_t length, size_t place)
{
	const char *from = device + offset;

	assert_true(offset >= OFFSET && offset + length <= sizeof(device));
	if (offset + length > device_end)
		return offset < device_end ? (int64_t)(device_end - offset) : 0;
	if (read_fault == FAULT_SWAPPED && io == (void *)&peer_io) {
		from = offset == OFFSET ? from : from - length;
		memcpy(memory_of(io) + place, from, length);
		return (int64_t)length;
	}
	if (is_busy)
		device[offset]++;
	move(io, read_fault, memory_of(io) + place, from, length);
	return (int64_t)length;
}

int __wrap_p2pmem_io_write(struct p2pmem_io *io, struct p2pmem_io_file *file, uint64_t offset,
			   size_t length, size_t place)
{
	assert_true(offset >= OFFSET && offset + length <= sizeof(device));
	move(io, write_fault, device + offset, memory_of(io) + place, length);
	return 0;
}

static struct verification verification(enum scratch_kind kind)
{
	return (struct verification){
		.scratch = { .kind = kind, .offset = OFFSET, .length = LENGTH, .align = 512 },
		.peer = { (struct p2pmem_io *)&peer_io, NULL, peer_memory },
		.host = { (struct p2pmem_io *)&host_io, NULL, host_memory },
		.block = BLOCK,
		.run = 0x123456789abcdef,
	};
}

static struct verification run(enum scratch_kind kind, enum fault reads, enum fault writes)
{
	struct verification v = verification(kind);

	read_fault = reads;
	write_fault = writes;
	assert_int_equal(verify_run(&v), STATUS_OK);
	return v;
}

static void right_is_right(void **state)
{
	struct verification v = run(SCRATCH_RANGE, FAULT_NONE, FAULT_NONE);

	assert_int_equal(v.reads.checked, VERIFY_ROUNDS * LENGTH);
	assert_int_equal(v.writes.checked, VERIFY_ROUNDS * LENGTH);
	assert_int_equal(v.reads.wrong, 0);
	assert_int_equal(v.writes.wrong, 0);
}

static void check(const struct pattern_result *r, uint64_t wrong, uint64_t first,
		  enum pattern_finding finding)
{
	assert_int_equal(r->wrong, wrong);
	assert_int_equal(r->first, first);
	assert_string_equal(pattern_finding_name(r->finding), pattern_finding_name(finding));
}

static void reads_that_go_wrong_are_found(void **state)
{
	struct verification v = run(SCRATCH_RANGE, FAULT_LOST, FAULT_NONE);

	check(&v.reads, VERIFY_ROUNDS * LENGTH, OFFSET, PATTERN_UNTOUCHED);
	assert_int_equal(v.writes.wrong, 0);
	v = run(SCRATCH_RANGE, FAULT_ZEROS, FAULT_NONE);
	check(&v.reads, VERIFY_ROUNDS * LENGTH, OFFSET, PATTERN_ZEROS);
	v = run(SCRATCH_RANGE, FAULT_SWAPPED, FAULT_NONE);
	check(&v.reads, 2 * LENGTH - BLOCK - 4096, OFFSET + BLOCK, PATTERN_MISPLACED);
	assert_int_equal(v.reads.belongs, OFFSET);
	v = run(SCRATCH_RANGE, FAULT_ONCE, FAULT_NONE);
	check(&v.reads, LENGTH, OFFSET, PATTERN_UNTOUCHED);
}

static void writes_that_go_wrong_are_found(void **state)
{
	struct verification v = run(SCRATCH_RANGE, FAULT_NONE, FAULT_LOST);

	/* What host memory had written for the reads. */
	check(&v.writes, VERIFY_ROUNDS * LENGTH, OFFSET, PATTERN_STALE);
	assert_int_equal(v.reads.wrong, 0);
	v = run(SCRATCH_RANGE, FAULT_NONE, FAULT_ZEROS);
	check(&v.writes, VERIFY_ROUNDS * LENGTH, OFFSET, PATTERN_ZEROS);
	v = run(SCRATCH_RANGE, FAULT_NONE, FAULT_ONCE);
	check(&v.writes, LENGTH, OFFSET, PATTERN_STALE);
}

static void parts_and_bits_are_found(void **state)
{
	struct verification v = run(SCRATCH_RANGE, FAULT_BIT, FAULT_NONE);

	check(&v.reads, PATTERN_UNIT * (LENGTH / BLOCK + LENGTH / 4096),
	      OFFSET + BLOCK - PATTERN_UNIT, PATTERN_PARTIAL);
	v = run(SCRATCH_RANGE, FAULT_HALF, FAULT_NONE);
	assert_int_equal(v.reads.first, OFFSET + BLOCK / 2);
	assert_string_equal(pattern_finding_name(v.reads.finding), "partial");
	fault_after = LENGTH - BLOCK;
	v = run(SCRATCH_RANGE, FAULT_NONE, FAULT_LOST);
	assert_int_equal(v.writes.first, OFFSET + LENGTH - BLOCK);
}

static void reading_alone_finds_what_does_not_arrive(void **state)
{
	struct verification v;

	for (size_t i = 0; i < sizeof(device); i++)
		device[i] = rand();
	v = run(SCRATCH_NONE, FAULT_NONE, FAULT_NONE);
	assert_int_equal(v.reads.checked, VERIFY_ROUNDS * LENGTH);
	assert_int_equal(v.reads.wrong, 0);
	v = run(SCRATCH_NONE, FAULT_LOST, FAULT_NONE);
	check(&v.reads, VERIFY_ROUNDS * LENGTH, OFFSET, PATTERN_UNTOUCHED);
	v = run(SCRATCH_NONE, FAULT_SWAPPED, FAULT_NONE);
	check(&v.reads, 2 * LENGTH - BLOCK - 4096, OFFSET + BLOCK, PATTERN_OTHER);
	/* A new drive reads as zeros: that is right only if it has arrived. */
	memset(device, 0, sizeof(device));
	v = run(SCRATCH_NONE, FAULT_NONE, FAULT_NONE);
	assert_int_equal(v.reads.wrong, 0);
	v = run(SCRATCH_NONE, FAULT_LOST, FAULT_NONE);
	check(&v.reads, VERIFY_ROUNDS * LENGTH, OFFSET, PATTERN_UNTOUCHED);
	assert_int_equal(v.writes.checked, 0);
}

/* As a drive that is pulled out does: what cannot be read is not wrong. */
static void who_ends_is_not_wrong(void **state)
{
	static const uint64_t ends[] = { 0, OFFSET + BLOCK, OFFSET + LENGTH - 512 };

	read_fault = write_fault = FAULT_NONE;
	for (size_t i = 0; i < 2 * sizeof(ends) / sizeof(ends[0]); i++) {
		struct verification v = verification(i % 2 ? SCRATCH_NONE : SCRATCH_RANGE);

		device_end = ends[i / 2];
		assert_int_equal(verify_run(&v), STATUS_IO);
		assert_int_equal(v.reads.wrong, 0);
		assert_int_equal(v.writes.wrong, 0);
	}
	device_end = UINT64_MAX;
}

static void what_changes_meanwhile_is_not_compared(void **state)
{
	struct verification v;

	is_busy = true;
	v = run(SCRATCH_NONE, FAULT_LOST, FAULT_NONE);
	is_busy = false;
	assert_int_equal(v.changed, VERIFY_ROUNDS * LENGTH);
	assert_int_equal(v.reads.checked, 0);
}

static void patterns_are_of_one_run_and_place(void **state)
{
	struct pattern a = { .run = 1, .round = 0, .writer = PATTERN_HOST }, b = a;
	struct pattern_result r = {};
	char unit[2 * PATTERN_UNIT], other[PATTERN_UNIT];

	pattern_fill(&a, 0, unit, sizeof(unit));
	assert_memory_not_equal(unit, unit + PATTERN_UNIT, PATTERN_UNIT);
	b.run = 2;
	pattern_fill(&b, 0, other, sizeof(other));
	assert_memory_not_equal(unit + 64, other + 64, 64);
	pattern_check(&a, 0, other, sizeof(other), &r);
	check(&r, PATTERN_UNIT, 0, PATTERN_OTHER);
	r = (struct pattern_result){};
	pattern_check(&a, 0, unit, sizeof(unit), &r);
	assert_int_equal(r.wrong, 0);
	assert_int_equal(r.checked, sizeof(unit));
}

static void ranges_are_parsed(void **state)
{
	static const char *const bad[] = { "",	  "1M",	  "+",	  "0+",	  "+1M",
					   "0+0", "a+1M", "1M+b", "-1+1M" };
	struct scratch_options o = {};

	assert_int_equal(scratch_parse_range(&verb_verify, "4G+16M", &o), -1);
	assert_true(o.destroy && o.offset == 4ULL << 30 && o.length == 16 << 20);
	assert_int_equal(scratch_parse_range(&verb_verify, "0+512", &o), -1);
	assert_true(o.offset == 0 && o.length == 512);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(scratch_parse_range(&verb_verify, bad[i], &o), STATUS_USAGE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(right_is_right),
		cmocka_unit_test(reads_that_go_wrong_are_found),
		cmocka_unit_test(writes_that_go_wrong_are_found),
		cmocka_unit_test(parts_and_bits_are_found),
		cmocka_unit_test(reading_alone_finds_what_does_not_arrive),
		cmocka_unit_test(who_ends_is_not_wrong),
		cmocka_unit_test(what_changes_meanwhile_is_not_compared),
		cmocka_unit_test(patterns_are_of_one_run_and_place),
		cmocka_unit_test(ranges_are_parsed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
