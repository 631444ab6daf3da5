/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Where the device is that somebody names in a namespace of his own: its
 * number or its PCI address, which is what the broker understands. Belongs to
 * the library; p2pmemctl uses it as well. Nothing is opened for I/O.
 */
#pragma once

#include <stdbool.h>
#include <sys/stat.h>
#include <linux/p2pmem.h>

struct failure;

struct place {
	bool by_number; /* of a block device */
	unsigned int major;
	unsigned int minor;
	struct p2pmem_pci_address address;
};

/*
 * By name: a PCI address, a number like 259:4, a path, or what /dev has by that
 * name. Failures are recorded in @f.
 */
int place_from_name(struct failure *f, const char *name, struct place *ret);

/* By a descriptor; @path is what it was opened as, or NULL. */
int place_from_fd(struct failure *f, int fd, const char *path, struct place *ret);

/* A PCI address or a number; false for anything else. */
bool place_parse(const char *name, struct place *ret);

/* Longest text with its NUL. */
#define PLACE_MAX 32
char *place_format(const struct place *p, char buf[static PLACE_MAX]);

/*
 * For the parts of it. A character device by its number, as @sys ("/sys" but in
 * tests) shows it: an NVMe controller, a namespace's generic device, which is
 * its block device, or whatever else a PCI function is behind. -ENODEV: none
 * is.
 */
int place_from_chardev(const char *sys, dev_t device, struct place *ret);

/* A regular file: the device of its file system, if its data is there and can be read directly. */
int place_from_file(struct failure *f, int fd, const char *name, const struct stat *st,
		    struct place *ret);
