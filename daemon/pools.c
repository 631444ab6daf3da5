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

static struct pool *find(struct pools *p, const struct p2pmem_pci_address *provider)
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

static void drop(struct pools *p, struct pool *pool)
{
	close_fd(&pool->dir);
	*pool = p->list[--p->n];
}

int pools_read(struct pools *p, const struct sysfs *s, const struct p2pmem_pci_address *provider,
	       uint64_t *ret_size, uint64_t *ret_free)
{
	struct pool *pool = find(p, provider);
	int r;

	if (pool && topology_pool_read(s, pool->dir, ret_size, ret_free) == 0)
		return 0;
	/* Its device may be there again before anybody was told that it went. */
	if (pool)
		drop(p, pool);
	r = add(p, s, provider);
	return r < 0 ? r : topology_pool_read(s, p->list[p->n - 1].dir, ret_size, ret_free);
}
