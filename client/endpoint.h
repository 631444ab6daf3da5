/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One end of a copy: a block device or a regular file. It is looked at by path
 * first, so that nothing is opened that must not be, and opened for direct
 * I/O then. Functions return an exit status and have said what was wrong.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum endpoint_kind {
	ENDPOINT_NONE,
	ENDPOINT_BLOCK,
	ENDPOINT_FILE
};

struct endpoint {
	const char *path;
	enum endpoint_kind kind; /* ENDPOINT_NONE: nothing there, a file may be made */
	dev_t device; /* the block device, or that of the file's file system */
	ino_t inode;
	uint64_t size;
	size_t align; /* of offsets and lengths in direct I/O; known once open */
	int fd;
	bool created; /* by us, so that it can be removed again */
};

/* Fills all but what needs it open. Nothing there is left to the caller to judge. */
int endpoint_look(const char *path, struct endpoint *ret);

/* For reading. */
int endpoint_open_source(struct endpoint *e);

/* For writing, a block device exclusively; makes the file if there is none. */
int endpoint_open_destination(struct endpoint *e);

/* Closes; with @unmake a file that was created is removed. */
void endpoint_close(struct endpoint *e, bool unmake);
