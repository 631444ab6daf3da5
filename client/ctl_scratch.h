/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Where on a device verify and bench read, and write if they may: a file of
 * their own that has no name, a range that was given up, or, for reading only,
 * what there is. Functions return an exit status and have said what was wrong.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "client/ctl.h"

enum scratch_kind {
	SCRATCH_NONE, /* nothing may be written */
	SCRATCH_FILE,
	SCRATCH_RANGE,
};

/* The word for JSON. */
const char *scratch_kind_name(enum scratch_kind kind);

/* What was asked for. */
struct scratch_options {
	const char *file; /* folder for the file, or name of one that is not there; or NULL */
	bool destroy; /* the range may be overwritten */
	uint64_t offset; /* of the range */
	uint64_t length;
	uint64_t size; /* of what is used otherwise */
};

/* The value of --destroy. -1: go on, otherwise an exit status. */
int scratch_parse_range(const struct verb *v, const char *text, struct scratch_options *o);

struct scratch {
	enum scratch_kind kind;
	int fd;
	char *path; /* the device, file or folder, to be named */
	uint64_t offset;
	uint64_t length;
	size_t align;
};

/*
 * @path is a block device, a regular file or a folder. Without other options
 * the file is made in a folder; with @look, also where the device is mounted,
 * if that can be written to.
 */
int scratch_open(const char *path, const struct scratch_options *o, bool look, struct scratch *ret);
void scratch_close(struct scratch *s);

/* ctl_scratch_file.c */
int scratch_file_open(const char *path, uint64_t size, struct scratch *ret);
/* SCRATCH_NONE in @ret: there is no place that can be written to, which is not said. */
int scratch_file_find(dev_t device, uint64_t size, struct scratch *ret);
/* Whether what is written to @file's file system is written to @device. */
bool scratch_is_on(dev_t file, dev_t device);
