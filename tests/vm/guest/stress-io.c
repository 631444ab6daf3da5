// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Transfers of a stress worker. Reads come from the part of the disk where each
 * block has a content of its own; writes go to a part of the worker's own.
 */
#include <pthread.h>
#include <sys/mman.h>
#include <unistd.h>

#include "load-ring.h"
#include "stress.h"

#define DEPTH 4U

static char *address(const struct slot *slot, const struct part *part)
{
	return slot->memory + part->first * PAGE;
}

static size_t length(const struct part *part)
{
	return part->pages * PAGE;
}

static off_t place(const struct part *part)
{
	return (off_t)part->block * PAGE;
}

static void read_sync(struct worker *w, struct slot *slot)
{
	struct part part = random_part(w, slot);
	ssize_t n = pread(w->disk, address(slot, &part), length(&part), place(&part));

	if (n != (ssize_t)length(&part)) {
		lose(w, slot, "read", n);
		return;
	}
	set_tags(slot, &part);
	verify(w, slot);
}

/* What a write leaves on the disk is what was in the buffer. */
static void write_sync(struct worker *w, struct slot *slot)
{
	off_t at = (off_t)(PATTERN_BLOCKS + w->number * MAX_PAGES) * PAGE;
	struct part part = random_part(w, slot);
	const uint64_t *word = (const uint64_t *)w->host;
	ssize_t n = pwrite(w->disk, address(slot, &part), length(&part), at);

	if (n != (ssize_t)length(&part)) {
		lose(w, slot, "write", n);
		return;
	}
	if (pread(w->disk, w->host, length(&part), at) != n)
		fail(w, "reading back");
	for (unsigned int i = 0; i < length(&part) / sizeof(*word) && !w->hazards.reset; i++)
		if (word[i] != pattern_word(slot->tags[part.first + i * sizeof(*word) / PAGE])) {
			fail(w, "word %u was written as %#llx", i, (unsigned long long)word[i]);
			break;
		}
}

struct discard {
	char *memory;
	size_t length;
	bool stop;
};

static void *discard(void *data)
{
	struct discard *d = data;

	while (!__atomic_load_n(&d->stop, __ATOMIC_RELAXED))
		madvise(d->memory, d->length, MADV_DONTNEED);
	return NULL;
}

/* A read while another thread tears the mapping's pages out, again and again. */
static void read_and_discard(struct worker *w, struct slot *slot)
{
	struct discard d = { .memory = slot->memory, .length = slot->pages * PAGE };
	pthread_t thread;

	if (pthread_create(&thread, NULL, discard, &d)) {
		fail(w, "no thread");
		return;
	}
	for (int i = 0; i < 3 && slot->memory; i++) {
		struct part part = random_part(w, slot);
		ssize_t n = pread(w->disk, address(slot, &part), length(&part), place(&part));

		if (n != (ssize_t)length(&part)) {
			__atomic_store_n(&d.stop, true, __ATOMIC_RELAXED);
			pthread_join(thread, NULL);
			lose(w, slot, "read", n);
			return;
		}
		set_tags(slot, &part);
	}
	__atomic_store_n(&d.stop, true, __ATOMIC_RELAXED);
	pthread_join(thread, NULL);
	verify(w, slot);
}

/* ---- transfers in flight --------------------------------------------------- */

/* One of two interfaces. */
struct flight {
	bool by_ring;
	struct ring ring;
	aio_context_t aio;
	struct part parts[DEPTH];
	unsigned int count;
};

static int flight_open(struct worker *w, struct flight *f)
{
	f->count = 0;
	f->by_ring = rnd(w, 2);
	return f->by_ring ? ring_open(&f->ring, DEPTH) : aio_open(&f->aio, DEPTH);
}

static void flight_close(struct flight *f)
{
	if (f->by_ring)
		ring_close(&f->ring);
	else
		aio_close(f->aio);
}

static int flight_read(struct worker *w, struct flight *f, const struct slot *slot,
		       const struct part *part)
{
	char *memory = address(slot, part);

	return f->by_ring ? ring_read(&f->ring, w->disk, memory, length(part), place(part)) :
			    aio_read(f->aio, w->disk, memory, length(part), place(part));
}

/* Consecutive parts, each with a read of its own. */
static int flight_start(struct worker *w, struct flight *f, const struct slot *slot)
{
	unsigned int each = 1 + rnd(w, slot->pages), at;
	int err;

	for (at = 0; at < slot->pages && f->count < DEPTH; at += each) {
		struct part part = { .first = at,
				     .pages = slot->pages - at < each ? slot->pages - at : each,
				     .block = rnd(w, PATTERN_BLOCKS - MAX_PAGES) };

		err = flight_read(w, f, slot, &part);
		if (err)
			return err;
		f->parts[f->count++] = part;
	}
	return 0;
}

/* Returns how many read less than they should, and the last error in errno. */
static unsigned int flight_wait(struct worker *w, struct flight *f)
{
	size_t want = 0, got = 0;
	unsigned int bad = 0;
	int result, err;

	for (unsigned int i = 0; i < f->count; i++) {
		want += length(&f->parts[i]);
		err = f->by_ring ? ring_wait(&f->ring, &result) : aio_wait(f->aio, &result);
		if (err) {
			fail(w, "waiting for a read: %d", err);
			return f->count;
		}
		if (result < 0) {
			bad++;
			errno = -result;
		} else {
			got += result;
		}
	}
	if (!bad && got != want) {
		bad++;
		errno = EFAULT;
	}
	return bad;
}

static bool fly(struct worker *w, struct flight *f, struct slot *slot)
{
	int err = flight_open(w, f);

	if (err) {
		fail(w, "no ring: %d", err);
		return false;
	}
	err = flight_start(w, f, slot);
	if (!err)
		return true;
	flight_wait(w, f);
	flight_close(f);
	errno = -err;
	lose(w, slot, "submission", -1);
	return false;
}

static void read_async(struct worker *w, struct slot *slot)
{
	struct flight f;

	if (!fly(w, &f, slot))
		return;
	if (flight_wait(w, &f))
		lose(w, slot, "read in flight", -1);
	else
		for (unsigned int i = 0; i < f.count; i++)
			set_tags(slot, &f.parts[i]);
	flight_close(&f);
	if (slot->memory)
		verify(w, slot);
}

/*
 * The memory outlives its owner until the drive is done with it. A ring may
 * look for the memory only after submission, and then finds none.
 */
static void abandon_in_flight(struct worker *w, struct slot *slot)
{
	struct flight f;

	if (!fly(w, &f, slot))
		return;
	drop(slot);
	if (flight_wait(w, &f) && !w->hazards.revocation && !f.by_ring)
		fail(w, "a read whose memory was let go");
	flight_close(&f);
}

static void revoke_in_flight(struct worker *w, struct slot *slot)
{
	struct p2pmem_buffer_info info;
	struct flight f;

	if (slot->fd < 0 || !fly(w, &f, slot))
		return;
	if (!buffer_info(slot->fd, &info) ||
	    (revoke_buffer(&w->lab, info.id, 0) < 0 && errno != ENOENT))
		fail(w, "revocation");
	if (look(w, slot) != CONTENT_LOST)
		fail(w, "access to what was revoked");
	drop(slot);
	flight_wait(w, &f);
	flight_close(&f);
}

const struct action io_actions[] = {
	{ "read", 20, read_sync },
	{ "write", 10, write_sync },
	{ "read under MADV_DONTNEED", 5, read_and_discard },
	{ "read in flight", 15, read_async },
	{ "abandon in flight", 15, abandon_in_flight },
	{ "revoke in flight", 5, revoke_in_flight },
	{ 0 },
};
