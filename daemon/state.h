/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The daemon's state directory: small files that outlive the daemon, not the
 * machine (/run/p2pmemd). It belongs to one daemon at a time, which holds a
 * lock on it; the kernel drops that lock however the daemon ends.
 *
 * A file is written under another name and renamed, so that whatever is found
 * under its own name is whole. What cannot be understood is put aside, in the
 * folder `aside`, for somebody to look at.
 *
 * Functions take a NULL state, for tests that need nothing kept: nothing is.
 */
#pragma once

#include <stddef.h>

struct state;

/* What a file is about; each kind has a folder. */
enum state_kind {
	STATE_LEASES,
	STATE_DRAINS,
	STATE_KINDS,
};

/* Longer files are not ours. */
#define STATE_FILE_MAX (32U << 10)

/*
 * Opens @path, which is made if it is not there, and locks it. -EBUSY: another
 * daemon has it, -EPERM: others can write to it, -ENOTDIR: it is none.
 */
int state_open(const char *path, struct state **ret);
struct state *state_close(struct state *s);

const char *state_path(const struct state *s);

/* @name has no slash in it. Either the whole file is there, or what was before. */
int state_write(struct state *s, enum state_kind kind, const char *name, const char *text);

/* What is not there is removed already. */
int state_remove(struct state *s, enum state_kind kind, const char *name);

/* What becomes of a file that was read. */
enum state_fate {
	STATE_KEEP,
	STATE_DROP,
	STATE_PUT_ASIDE,
};

/*
 * Hands each file of a kind to @entry, which says what becomes of it, or -errno
 * to stop. @name is as found, and may be anything; @text ends in a NUL behind
 * its @n bytes. What is no file, or a longer one, is put aside unseen. -errno
 * when a file cannot be read at the moment: it stays, and nothing is decided
 * without it.
 */
typedef int (*state_entry_fn)(const char *name, const char *text, size_t n, void *userdata);
int state_read(struct state *s, enum state_kind kind, state_entry_fn entry, void *userdata);
