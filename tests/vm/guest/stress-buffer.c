// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Buffers of a stress worker, and their contents. Each access to emulated
 * device memory is a trap, so contents are sampled: a word of every 512 bytes,
 * less than which no drive writes.
 */
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "stress.h"

#define SECTOR 512U

void fail_at(struct worker *w, const char *file, int line, const char *format, ...)
{
	char text[256];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	printf("# %s:%d: worker %u: %s (errno now %s)\n", file, line, w->number, text,
	       strerror(errno));
	__atomic_add_fetch(&w->shared->failures, 1, __ATOMIC_RELAXED);
}

/* xorshift64*: the same seed gives the same choices. */
uint64_t rnd(struct worker *w, uint64_t below)
{
	w->random ^= w->random >> 12;
	w->random ^= w->random << 25;
	w->random ^= w->random >> 27;
	return (w->random * 0x2545f4914f6cdd1dULL >> 16) % below;
}

uint64_t pattern_word(uint32_t tag)
{
	return tag ? (uint64_t)tag * 0x9e3779b97f4a7c15ULL | 1 : 0;
}

/* ---- memory that may go away ---------------------------------------------- */

static sigjmp_buf accessing;
static volatile sig_atomic_t is_guarded;

static void on_signal(int number)
{
	if (!is_guarded)
		_exit(128 + number);
	is_guarded = 0;
	siglongjmp(accessing, number);
}

void guard_accesses(void)
{
	struct sigaction action = { .sa_handler = on_signal };

	sigaction(SIGBUS, &action, NULL);
	sigaction(SIGSEGV, &action, NULL);
}

int touch_guarded(volatile char *address)
{
	int number = sigsetjmp(accessing, 1);

	if (number)
		return number;
	is_guarded = 1;
	(void)*address;
	is_guarded = 0;
	return 0;
}

/* Returns the first page whose sample is wrong, or the number of pages. */
static unsigned int first_wrong(const struct slot *slot, size_t offset, uint64_t *ret_found)
{
	for (unsigned int page = 0; page < slot->pages; page++) {
		const volatile char *memory = slot->memory + page * PAGE;
		uint64_t expected = pattern_word(slot->tags[page]);

		for (size_t at = offset; at < PAGE; at += SECTOR) {
			*ret_found = *(const volatile uint64_t *)(memory + at);
			if (*ret_found != expected)
				return page;
		}
	}
	return slot->pages;
}

static bool is_lost(const struct slot *slot, size_t offset, unsigned int *ret_page,
		    uint64_t *ret_found)
{
	if (sigsetjmp(accessing, 1))
		return true;
	is_guarded = 1;
	*ret_page = first_wrong(slot, offset, ret_found);
	is_guarded = 0;
	return false;
}

enum finding look(struct worker *w, const struct slot *slot)
{
	size_t offset = rnd(w, SECTOR / sizeof(uint64_t)) * sizeof(uint64_t);
	unsigned int page;
	uint64_t found;

	if (is_lost(slot, offset, &page, &found))
		return CONTENT_LOST;
	if (page == slot->pages || w->hazards.reset)
		return CONTENT_RIGHT;
	fail(w, "page %u of %u: %#llx instead of %#llx", page, slot->pages,
	     (unsigned long long)found, (unsigned long long)pattern_word(slot->tags[page]));
	return CONTENT_WRONG;
}

/* What a holder can see of a revocation, however it came about. */
static bool is_revoked(int fd)
{
	struct pollfd pollfd = { .fd = fd };
	struct p2pmem_buffer_info info;

	return buffer_info(fd, &info) && info.state == P2PMEM_STATE_REVOKED &&
	       poll(&pollfd, 1, 0) == 1 && pollfd.revents & POLLHUP;
}

void lose(struct worker *w, struct slot *slot, const char *what, long result)
{
	int error = result < 0 ? errno : 0;

	if (!w->hazards.revocation || (error && error != EFAULT && error != ENODEV))
		fail(w, "%s: %ld", what, result);
	else if (slot->fd >= 0 && !is_revoked(slot->fd))
		fail(w, "%s: %ld, but the buffer was not revoked", what, result);
	__atomic_add_fetch(&w->shared->lost, 1, __ATOMIC_RELAXED);
	drop(slot);
}

bool verify(struct worker *w, struct slot *slot)
{
	switch (look(w, slot)) {
	case CONTENT_RIGHT:
		return true;
	case CONTENT_LOST:
		lose(w, slot, "access", 0);
		return false;
	default:
		drop(slot);
		return false;
	}
}

/* ---- slots ---------------------------------------------------------------- */

/* From a random one on, the first that is used, or is not. */
static struct slot *find_slot(struct worker *w, bool used)
{
	unsigned int from = rnd(w, SLOTS);

	for (unsigned int i = 0; i < SLOTS; i++) {
		struct slot *slot = &w->slots[(from + i) % SLOTS];

		if (used == (slot->memory != NULL))
			return slot;
	}
	return NULL;
}

struct slot *free_slot(struct worker *w)
{
	return find_slot(w, false);
}

struct slot *used_slot(struct worker *w)
{
	return find_slot(w, true);
}

void drop(struct slot *slot)
{
	if (slot->memory)
		munmap(slot->memory, slot->pages * PAGE);
	if (slot->fd >= 0)
		close(slot->fd);
	slot->memory = NULL;
	slot->fd = -1;
}

bool open_region(struct worker *w)
{
	if (w->lab.region >= 0)
		close(w->lab.region);
	w->lab.region = -1;
	if (!lab_find_region(&w->lab))
		return false;
	snprintf(w->lab.node, sizeof(w->lab.node), "/dev/p2pmem%u", w->lab.info.region);
	w->lab.region = open(w->lab.node, O_RDWR | O_CLOEXEC);
	return w->lab.region >= 0;
}

/* Maps @fd, which from here on is the slot's, or closed. */
bool adopt(struct worker *w, struct slot *slot, int fd, unsigned int pages)
{
	void *memory = map(fd, pages * PAGE);

	*slot = (struct slot){ .fd = fd, .pages = pages };
	if (memory == MAP_FAILED) {
		lose(w, slot, "mmap", -1);
		return false;
	}
	slot->memory = memory;
	return true;
}

static bool take_buffer(struct worker *w, struct slot *slot, unsigned int pages)
{
	struct p2pmem_alloc request = { .length = pages * PAGE, .caching = rnd(w, 3) };
	int fd = alloc_request(&w->lab, &request);

	return fd >= 0 && adopt(w, slot, fd, pages);
}

static bool take_mapping(struct worker *w, struct slot *slot, unsigned int pages)
{
	void *memory = map(w->lab.region, pages * PAGE);

	if (memory == MAP_FAILED)
		return false;
	*slot = (struct slot){ .fd = -1, .memory = memory, .pages = pages };
	return true;
}

/* Room may be short, and regions may go: then there is nothing this time. */
bool take(struct worker *w, struct slot *slot)
{
	unsigned int pages = 1 + rnd(w, rnd(w, 2) ? 4 : MAX_PAGES);
	bool taken;

	if (w->lab.region < 0 && !open_region(w))
		return false;
	taken = rnd(w, 4) ? take_buffer(w, slot, pages) : take_mapping(w, slot, pages);
	if (taken)
		return verify(w, slot);
	if (errno == ENODEV && w->hazards.revocation)
		open_region(w);
	else if (errno != ENOMEM)
		fail(w, "allocation of %u pages", pages);
	return false;
}

struct part random_part(struct worker *w, const struct slot *slot)
{
	unsigned int first = rnd(w, slot->pages);
	unsigned int pages = 1 + rnd(w, slot->pages - first);

	return (struct part){ .first = first,
			      .pages = pages,
			      .block = rnd(w, PATTERN_BLOCKS - pages) };
}

void set_tags(struct slot *slot, const struct part *part)
{
	for (unsigned int i = 0; i < part->pages; i++)
		slot->tags[part->first + i] = part->block + i + 1;
}
