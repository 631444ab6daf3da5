/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a report holds, in memory until its owner has seen what it is: files
 * and links by their paths inside the archive. Paths below sys/ are where
 * things really lie, and links are relative, so that it can be read as a
 * sysfs tree.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "topology/sysfs.h"

/* Everything in an archive is below this folder. */
#define REPORT_FOLDER "p2pmem-report"

struct report_entry {
	char *path;
	char *data; /* of a file; NULL: a link, or a folder */
	size_t size;
	char *target; /* of a link; NULL: a file, or a folder */
};

/* What a value was replaced by: KIND-NUMBER. */
struct report_alias {
	const char *kind; /* static */
	unsigned int number; /* among those of its kind */
	char *value;
};

struct report {
	struct report_entry *entries;
	size_t n_entries;
	struct report_alias *aliases;
	size_t n_aliases;
	bool hide_serials;
	char *notes; /* lines: what could not be captured, and why */
};

void report_done(struct report *r);

/* Each takes what it is given over, also on failure; -ENOMEM. */
int report_add_file(struct report *r, char *path, char *data, size_t size);
int report_add_link(struct report *r, char *path, char *target);
int report_add_folder(struct report *r, char *path);

/* A file with text, at a path that is copied. */
int report_add_text(struct report *r, const char *path, const char *text);

/* A line of what is missing. */
int report_note(struct report *r, const char *format, ...) __attribute__((format(printf, 2, 3)));

/*
 * "serial-1" for the first one of the kind "serial" that it is given, and the
 * same for the same, blanks around it aside. NULL when memory is short.
 */
char *report_replace(struct report *r, const char *kind, const char *value);

/* Makes zeros of the digits of each UUID in @text, as in names like luks-UUID. */
void report_blank_uuids(char *text);

/* Sorts entries by path, and keeps one of each. */
void report_sort(struct report *r);

/* Writes it to the open file @fd, compressed. -errno. */
int report_write(const struct report *r, int fd);

/* ---- what is captured ---------------------------------------------------- */

/* The parts of sysfs that matter. What cannot be read is left out. -ENOMEM. */
int report_sysfs(struct report *r, const struct sysfs *s);

/*
 * Lines of kernel, processor and distribution below @root; @release is the
 * kernel's. Nothing else of those files. -ENOMEM.
 */
int report_system(struct report *r, const char *root, const char *release);

/* Is a line of the kernel's log one of drivers about P2P memory? */
bool report_is_ours(const char *line);

/* Such lines in it. */
int report_kernel_log(struct report *r);

/* Replaces in JSON what is private. -EBADMSG and the like: it is none. -ENOMEM. */
int report_hide(struct report *r, char **text);

/* What the verbs of this program say, in JSON. */
int report_verbs(struct report *r);
