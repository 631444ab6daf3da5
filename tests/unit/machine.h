/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The made-up machine of tests/mock/tree.h in a folder of its own, for one test. */
#pragma once

#include <err.h>
#include <ftw.h>

#include "topology/sysfs.h"
#include "tests/mock/tree.h"
#include "tests/unit/unit.h"

struct machine {
	char root[64];
	struct sysfs sysfs;
};

static inline int machine_remove(const char *path, const struct stat *st, int type, struct FTW *f)
{
	return remove(path);
}

static inline void machine_new(struct machine *m)
{
	*m = (struct machine){ .root = "/tmp/p2pmem-test-XXXXXX" };
	if (!mkdtemp(m->root))
		err(1, "%s", m->root);
	tree_machine(m->root);
	assert_int_equal(sysfs_open(m->root, &m->sysfs), 0);
}

static inline void machine_done(struct machine *m)
{
	sysfs_done(&m->sysfs);
	nftw(m->root, machine_remove, 16, FTW_DEPTH | FTW_PHYS);
}

/* Takes the file or the link at @path away. */
static inline void machine_unlink(struct machine *m, const char *path)
{
	char full[512];

	snprintf(full, sizeof(full), "%s/%s", m->root, path);
	assert_int_equal(unlink(full), 0);
}
