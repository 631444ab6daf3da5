/* SPDX-License-Identifier: LGPL-2.1-or-later */
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
		       const struct block_target **ret)
{
	struct broker *b = v->broker;
	struct block_target *target;
	int r = block_cache_get(&b->blocks, &b->sysfs, major, minor, b->release, &target);

	if (r < 0)
		return r;
	if (!v->driver_error)
		block_ask(target, ask_driver, (void *)b->driver);
	*ret = target;
	return 0;
}
