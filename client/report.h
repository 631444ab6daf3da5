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

struct report {
	struct report_entry *entries;
	size_t n_entries;
	char **serials; /* that were replaced, in the order of their numbers */
	size_t n_serials;
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

/* "serial-1" for the first one it is given, and the same for the same. NULL when memory is short. */
char *report_replace_serial(struct report *r, const char *serial);

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

/* Lines of ours in the kernel's log. */
int report_kernel_log(struct report *r);

/* What the verbs of this program say, in JSON. */
int report_verbs(struct report *r);
