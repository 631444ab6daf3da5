/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Taking single things out of sysfs into a report: attributes as they are,
 * serial numbers replaced where that is wanted, links made relative. Folders
 * are named by where they really lie, relative to the root. What is not there
 * or cannot be read is left out; all return 0 or -ENOMEM.
 */
#pragma once

#include "client/report.h"

struct capture {
	struct report *report;
	const struct sysfs *sysfs;
	const char *dir; /* being walked */
};

/* Leaves of configuration space what is needed to see how functions hang together. */
void capture_blank_config(char *data, size_t size);

int capture_attribute(struct capture *c, int folder, const char *dir, const char *name);

/* @names end with NULL. */
int capture_attributes(struct capture *c, const char *dir, const char *const *names);

/* A link, and the folder that it leads to, so that it does lead somewhere. */
int capture_link(struct capture *c, const char *dir, const char *name);

/* Those of @names (ended by NULL) that are links. */
int capture_links(struct capture *c, const char *dir, const char *const *names);

/*
 * Calls @each for the entries of @dir/@name (or @dir, if that is empty), with
 * a capture whose dir that is.
 */
int capture_each(struct capture *c, const char *dir, const char *name,
		 int (*each)(const char *name, void *userdata));
