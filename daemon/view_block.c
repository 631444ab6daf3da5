/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <sys/utsname.h>

#include "daemon/view_block.h"

static int ask_driver(unsigned int major, unsigned int minor, void *userdata)
{
	const struct region_driver *d = userdata;
	struct p2pmem_query_block q = { .major = major, .minor = minor };

	if (d->ops->query_block(d->data, &q) < 0)
		return -1;
	return !!(q.flags & P2PMEM_BLOCK_P2P);
}

int view_resolve_block(const struct view *v, unsigned int major, unsigned int minor,
		       struct block_target *ret)
{
	struct utsname u = {};
	int r;

	uname(&u);
	r = block_resolve(&v->broker->sysfs, major, minor, u.release, ret);
	if (r == 0 && !v->driver_error)
		block_ask(ret, ask_driver, (void *)v->broker->driver);
	return r;
}
