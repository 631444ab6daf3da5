/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Reads policy files. The only part of policy that does I/O, together with
 * directory.h.
 *
 * A set of files is policy.d/NAME.json in the order of their names, and then
 * policy.json, out of several folders: a file in the first one takes the place
 * of one of the same name in the others. An empty file, or a link to
 * /dev/null, is there only to take a place.
 */
#pragma once

#include "policy/parse.h"

#define POLICY_FOLDER "/etc/p2pmem"
#define POLICY_FOLDER_SHIPPED "/usr/lib/p2pmem"

/* The folders of an installed system, ended by NULL. */
extern const char *const policy_folders[];

/*
 * 0: @ret is a policy, and what stands in @m are warnings; -EBADMSG: @m says
 * what is wrong, and there is none; -ENOMEM.
 */
int policy_load(const char *const *folders, const struct policy_directory *d, struct policy *ret,
		struct mistakes *m);

/* The same of these files alone. */
int policy_load_files(char *const *files, size_t n, const struct policy_directory *d,
		      struct policy *ret, struct mistakes *m);
