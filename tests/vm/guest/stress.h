/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the parts of driver-stress share. A worker is a process with a few
 * slots, each for one buffer and what its content must be. Only the worker's
 * main thread looks at them, so nothing is locked. What all workers share is in
 * struct shared, by atomic operations.
 */
#ifndef STRESS_H
#define STRESS_H

#include <setjmp.h>

#include "load.h"

#define PAGE (4 * KIB)
#define MAX_PAGES 64U
#define SLOTS 6U
#define MAX_ACTIONS 32
#define PATTERN_BLOCKS 2048U /* at the start of the disk, never overwritten */

struct shared {
	unsigned long done[MAX_ACTIONS]; /* how often, by action */
	unsigned long total;
	unsigned long lost; /* buffers that were taken away */
	unsigned long failures;
	bool stop;
};

/* What may happen to buffers beside what their owners do. */
struct hazards {
	bool revocation; /* access may end at any moment, and regions go */
	bool reset; /* contents may change */
};

struct slot {
	int fd; /* -1: a mapping of the node */
	char *memory; /* NULL: the slot is free */
	unsigned int pages;
	uint32_t tags[MAX_PAGES]; /* expected: 0 for zeros, else pattern block + 1 */
};

struct worker {
	struct lab lab;
	struct hazards hazards;
	struct shared *shared;
	unsigned int number;
	uint64_t random;
	int disk;
	int post[2]; /* buffers on their way to any worker */
	char *host; /* ordinary memory, MAX_PAGES */
	struct slot slots[SLOTS];
};

/* What looking at a buffer's content has found. */
enum finding {
	CONTENT_RIGHT,
	CONTENT_WRONG,
	CONTENT_LOST
};

#define fail(worker, ...) fail_at(worker, __FILE__, __LINE__, __VA_ARGS__)

/* stress-buffer.c */
void fail_at(struct worker *w, const char *file, int line, const char *format, ...)
	__attribute__((format(printf, 4, 5)));
uint64_t rnd(struct worker *w, uint64_t below);
uint64_t pattern_word(uint32_t tag);
void guard_accesses(void);
int touch_guarded(volatile char *address);
struct slot *free_slot(struct worker *w);
struct slot *used_slot(struct worker *w);
void drop(struct slot *slot);
bool open_region(struct worker *w);
bool take(struct worker *w, struct slot *slot);
bool adopt(struct worker *w, struct slot *slot, int fd, unsigned int pages);
enum finding look(struct worker *w, const struct slot *slot);
/* Checks the content; a slot that was lost, and may be, is dropped: false. */
bool verify(struct worker *w, struct slot *slot);
/* After an error: must be one that a revocation explains. Drops the slot. */
void lose(struct worker *w, struct slot *slot, const char *what, long result);

/* A part of a slot, and what to read into it. */
struct part {
	unsigned int first, pages;
	uint32_t block;
};

struct part random_part(struct worker *w, const struct slot *slot);
void set_tags(struct slot *slot, const struct part *part);

struct action {
	const char *name;
	unsigned int weight;
	void (*run)(struct worker *w, struct slot *slot);
};

/* Tables that end with a zero entry; each needs a used slot. */
extern const struct action io_actions[], life_actions[];

/* stress-disturb.c: loops until shared->stop */
void disturb_by_lists(struct worker *w);
void disturb_by_revocation(struct worker *w);
void disturb_by_unbinding(struct worker *w);
void disturb_by_removal(struct worker *w);
void disturb_by_resets(struct worker *w);

#endif
