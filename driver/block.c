// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the queue of a block device takes. The device is found by number and
 * not opened, as that would ask the caller's device cgroup, and may be refused
 * or have effects.
 */
#include <linux/blkdev.h>
#include <linux/fs.h>

#include "ioctl.h"
#include "p2pmem.h"

/*
 * Finds a block device by number. The inode does not keep the queue, the
 * embedded device does: a disk's directly, a partition's through its disk.
 */
static struct block_device *get_bdev(u32 major, u32 minor)
{
	struct block_device *bdev;
	struct inode *inode;

	if (major >= 1U << (32 - MINORBITS) || minor > MINORMASK)
		return NULL;
	inode = ilookup(blockdev_superblock, MKDEV(major, minor));
	if (!inode)
		return NULL;
	bdev = I_BDEV(inode);
	if (!kobject_get_unless_zero(&bdev->bd_device.kobj))
		bdev = NULL;
	iput(inode);
	return bdev;
}

static void describe_queue(struct request_queue *queue,
			   struct p2pmem_query_block *query)
{
	u64 max_bytes = (u64)queue_max_sectors(queue) << SECTOR_SHIFT;

	query->flags = blk_queue_pci_p2pdma(queue) ? P2PMEM_BLOCK_P2P : 0;
	query->max_segments = queue_max_segments(queue);
	query->max_bytes = min_t(u64, max_bytes, U32_MAX);
}

/**
 * p2pmem_query_block() - answers P2PMEM_CONTROL_QUERY_BLOCK
 * @file: not used
 * @call: the request
 */
int p2pmem_query_block(struct file *file, struct p2pmem_call *call)
{
	struct p2pmem_query_block *query = &call->arg.query_block;
	struct block_device *bdev;

	bdev = get_bdev(query->major, query->minor);
	if (!bdev)
		return -ENODEV;
	describe_queue(bdev_get_queue(bdev), query);
	put_device(&bdev->bd_device);
	return p2pmem_reply(call);
}
