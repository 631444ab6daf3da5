/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * PCI functions as rules name them: by what stays over a boot. That is an
 * address, a by-path name, which has the address in it, the serial number of
 * a drive, or `*` for all. Pure.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <linux/p2pmem.h>

struct object_name {
	enum {
		OBJECT_ANY,
		OBJECT_ADDRESS,
		OBJECT_SERIAL,
	} kind;
	struct p2pmem_pci_address address;
	char *serial;
};

struct object_names {
	struct object_name *list;
	size_t n;
};

/* A function: the provider of a region, or a device. */
struct object {
	struct p2pmem_pci_address address;
	const char *serial; /* NULL: none */
};

/*
 * NULL: @text is a name, and @ret is to be ended by object_name_done(). Else
 * what is wrong with it. With @text fine and no memory, @ret_oom.
 */
const char *object_name_parse(const char *text, struct object_name *ret, bool *ret_oom);
void object_name_done(struct object_name *n);
void object_names_done(struct object_names *names);

bool object_names_cover(const struct object_names *names, const struct object *o);
