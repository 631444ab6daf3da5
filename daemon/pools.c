/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/array.h"
#include "common/cleanup.h"
#include "common/pci.h"
#include "daemon/pools.h"

void pools_clear(struct pools *p)
{
	while (p->n > 0)
		close_fd(&p->list[--p->n].dir);
	free(p->list);
	*p = (struct pools){};
}

static const struct pool *find(const struct pools *p, const struct p2pmem_pci_address *provider)
{
	for (size_t i = 0; i < p->n; i++)
		if (pci_address_equal(&p->list[i].provider, provider))
			return &p->list[i];
	return NULL;
}

static int add(struct pools *p, const struct sysfs *s, const struct p2pmem_pci_address *provider)
{
	_cleanup_close_ int dir = topology_pool_open(s, provider);
	struct pool new = { *provider, dir };
	int r;

	if (dir < 0)
		return dir;
	r = array_push(p->list, p->n, new);
	if (r == 0)
		take_fd(&dir);
	return r;
}

int pools_read(struct pools *p, const struct sysfs *s, const struct p2pmem_pci_address *provider,
	       uint64_t *ret_size, uint64_t *ret_free)
{
	const struct pool *pool = find(p, provider);

	if (!pool) {
		int r = add(p, s, provider);

		if (r < 0)
			return r;
		pool = &p->list[p->n - 1];
	}
	return topology_pool_read(s, pool->dir, ret_size, ret_free);
}
