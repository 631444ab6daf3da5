// SPDX-License-Identifier: GPL-2.0-only
/*
 * What is charged to a region: memory that is out of its provider's pool, from
 * when it is taken until the last transfer has let go of it. The counters are
 * under region->charge_lock, so that any two of them are of one moment.
 */
#include "p2pmem.h"

/**
 * p2pmem_region_charge() - counts memory that leaves the pool
 * @region: the region
 * @bytes: length of the buffer
 */
void p2pmem_region_charge(struct p2pmem_region *region, u64 bytes)
{
	spin_lock(&region->charge_lock);
	region->allocated += bytes;
	region->buffers++;
	spin_unlock(&region->charge_lock);
}

/**
 * p2pmem_region_drain() - counts memory that nobody has any more
 * @region: the region
 * @bytes: length of the buffer
 */
void p2pmem_region_drain(struct p2pmem_region *region, u64 bytes)
{
	spin_lock(&region->charge_lock);
	region->allocated -= bytes;
	region->draining += bytes;
	spin_unlock(&region->charge_lock);
}

/**
 * p2pmem_region_uncharge() - counts memory that is back in the pool
 * @region: the region
 * @bytes: length of the buffer
 * @draining: it was passed to p2pmem_region_drain() before
 */
void p2pmem_region_uncharge(struct p2pmem_region *region, u64 bytes,
			    bool draining)
{
	spin_lock(&region->charge_lock);
	if (draining)
		region->draining -= bytes;
	else
		region->allocated -= bytes;
	if (!--region->buffers)
		wake_up_all(&region->idle);
	spin_unlock(&region->charge_lock);
}

/**
 * p2pmem_region_describe() - fills what is shown of a region
 * @region: the region
 * @info: filled, but for its size
 */
void p2pmem_region_describe(struct p2pmem_region *region,
			    struct p2pmem_region_info *info)
{
	info->abi_version = P2PMEM_ABI_VERSION;
	info->region = region->dev.id;
	info->granule = PAGE_SIZE;
	info->provider = region->address;
	info->numa_node = dev_to_node(&region->pdev->dev);

	spin_lock(&region->charge_lock);
	info->allocated = region->allocated;
	info->draining = region->draining;
	info->buffers = region->buffers;
	spin_unlock(&region->charge_lock);
}
