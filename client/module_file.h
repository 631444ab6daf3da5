/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the file of a kernel module says of itself, which tells what the next
 * boot brings. It may be compressed, and that of a captured machine may be
 * anything.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct module_file {
	bool known; /* the file could be read */
	bool has_signature; /* by whom, or whether it is a good one, is not looked at */
	char *version; /* NULL: it does not say */
};

/* Of all bytes of it. -ENOMEM; what is no module has no version. */
int module_file_parse(const void *bytes, size_t n, struct module_file *ret);

/*
 * @path is below @root/lib/modules/@release, as in modules.dep. -ENOMEM; what
 * cannot be read is not known.
 */
int module_file_read(const char *root, const char *release, const char *path,
		     struct module_file *ret);
void module_file_clear(struct module_file *m);
