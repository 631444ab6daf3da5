/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The passes. Each goes over all of the range before the next, so that blocks
 * that were exchanged are found, and each has a pattern of its own, so that
 * what is left of an earlier one is.
 *
 * Memory is poisoned before anything is read into it: what is right there in
 * the end has come from the device.
 */
#include <inttypes.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

#include "client/ctl.h"
#include "client/ctl_lend.h"
#include "client/ctl_touch.h"
#include "client/ctl_verify.h"

/* Places in the host's memory. */
enum {
	PLACE_DATA,
	PLACE_AGAIN,
	PLACE_COPY
};

struct pass {
	struct verification *v;
	uint32_t round;
	size_t unit; /* of transfers */
};

typedef int (*step_fn)(const struct pass *p, uint64_t offset, size_t n);

static int each(const struct pass *p, step_fn step)
{
	uint64_t begin = p->v->scratch.offset, end = begin + p->v->scratch.length;

	for (uint64_t at = begin; at < end; at += p->unit) {
		size_t n = end - at < p->unit ? end - at : p->unit;
		int status = step(p, at, n);

		if (status != STATUS_OK)
			return status;
	}
	return STATUS_OK;
}

static struct pattern pattern(const struct pass *p, enum pattern_writer writer)
{
	return (struct pattern){ .run = p->v->run, .round = p->round, .writer = writer };
}

static char *host_memory(const struct pass *p, int place)
{
	return p->v->host.memory + place * p->v->block;
}

/* What did not arrive is found in the memory; what is not there to be read is told of here. */
static int read_into(const struct pass *p, const struct way *w, uint64_t offset, size_t n,
		     size_t place)
{
	int64_t r = p2pmem_io_read(w->io, w->file, offset, n, place);

	if (r < 0)
		return lend_io_failure(w->io, (int)r);
	if ((size_t)r < n)
		return lend_ended(p->v->scratch.path, offset + (uint64_t)r);
	return STATUS_OK;
}

static int write_from(const struct way *w, uint64_t offset, size_t n)
{
	int r = p2pmem_io_write(w->io, w->file, offset, n, 0);

	return r < 0 ? lend_io_failure(w->io, r) : STATUS_OK;
}

static int still_lent(uint64_t offset)
{
	if (!touch_lost())
		return STATUS_OK;
	problem("the buffer was revoked, by an administrator or because the device with the memory "
		"goes: the check ended at byte %" PRIu64,
		offset);
	remedy("see p2pmemctl list for what memory there is, and run it again, or ask whoever "
	       "administers the broker");
	return STATUS_IO;
}

/*
 * Stores to the device's memory may be on their way still when another device
 * is told to read it: a load arrives behind them.
 */
static int fill_peer(const struct pass *p, enum pattern_writer writer, uint64_t offset, size_t n)
{
	struct pattern with = pattern(p, writer);
	const volatile char *memory = p->v->peer.memory;

	pattern_fill(&with, offset, p->v->peer.memory, n);
	atomic_thread_fence(memory_order_seq_cst);
	(void)memory[n - 1];
	return still_lent(offset);
}

/* Loads are slow: each byte is read once, and looked at in host memory. */
static int read_peer(const struct pass *p, uint64_t offset, size_t n)
{
	memcpy(host_memory(p, PLACE_COPY), p->v->peer.memory, n);
	return still_lent(offset);
}

static void poison_host(const struct pass *p, uint64_t offset, size_t n)
{
	struct pattern poison = pattern(p, PATTERN_POISON);

	pattern_fill(&poison, offset, host_memory(p, PLACE_DATA), n);
}

static int host_writes(const struct pass *p, uint64_t offset, size_t n)
{
	struct pattern with = pattern(p, PATTERN_HOST);

	pattern_fill(&with, offset, host_memory(p, PLACE_DATA), n);
	return write_from(&p->v->host, offset, n);
}

static int peer_reads(const struct pass *p, uint64_t offset, size_t n)
{
	struct pattern wanted = pattern(p, PATTERN_HOST);
	int status = fill_peer(p, PATTERN_POISON, offset, n);

	if (status == STATUS_OK)
		status = read_into(p, &p->v->peer, offset, n, 0);
	if (status == STATUS_OK)
		status = read_peer(p, offset, n);
	if (status == STATUS_OK)
		pattern_check(&wanted, offset, host_memory(p, PLACE_COPY), n, &p->v->reads);
	return status;
}

static int peer_writes(const struct pass *p, uint64_t offset, size_t n)
{
	int status = fill_peer(p, PATTERN_PEER, offset, n);

	return status == STATUS_OK ? write_from(&p->v->peer, offset, n) : status;
}

static int host_reads(const struct pass *p, uint64_t offset, size_t n)
{
	struct pattern wanted = pattern(p, PATTERN_PEER);
	int status;

	poison_host(p, offset, n);
	status = read_into(p, &p->v->host, offset, n, 0);
	if (status == STATUS_OK)
		pattern_check(&wanted, offset, host_memory(p, PLACE_DATA), n, &p->v->writes);
	return status;
}

/* What is in use may change between two reads: only what did not is compared. */
static int compare_reads(const struct pass *p, uint64_t offset, size_t n)
{
	struct pattern poison = pattern(p, PATTERN_POISON);
	const char *data = host_memory(p, PLACE_DATA), *again = host_memory(p, PLACE_AGAIN);
	int status = read_into(p, &p->v->host, offset, n, 0);

	if (status == STATUS_OK)
		status = fill_peer(p, PATTERN_POISON, offset, n);
	if (status == STATUS_OK)
		status = read_into(p, &p->v->peer, offset, n, 0);
	if (status == STATUS_OK)
		status = read_into(p, &p->v->host, offset, n, p->v->block);
	if (status == STATUS_OK)
		status = read_peer(p, offset, n);
	if (status != STATUS_OK)
		return status;
	if (memcmp(data, again, n) != 0)
		p->v->changed += n;
	else
		pattern_compare(&poison, offset, host_memory(p, PLACE_COPY), data, n, &p->v->reads);
	return STATUS_OK;
}

static int run_round(const struct pass *p)
{
	static const step_fn steps[] = { host_writes, peer_reads, peer_writes, host_reads };
	int status = STATUS_OK;

	if (p->v->scratch.kind == SCRATCH_NONE)
		return each(p, compare_reads);
	for (size_t i = 0; status == STATUS_OK && i < sizeof(steps) / sizeof(steps[0]); i++)
		status = each(p, steps[i]);
	return status;
}

int verify_run(struct verification *v)
{
	struct pass p = { .v = v, .unit = v->block };
	size_t page = sysconf(_SC_PAGESIZE);
	int status = STATUS_OK;

	for (; status == STATUS_OK && p.round < VERIFY_ROUNDS; p.round++) {
		status = run_round(&p);
		p.unit = v->scratch.align > page ? v->scratch.align : page;
	}
	return status;
}
