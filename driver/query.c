// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which client function can reach which provider, and what a block device's
 * queue takes. Nothing is kept: each answer is what the kernel says now.
 *
 * The kernel tells a module the distance of a pair, or that it refuses it, but
 * not which way the data goes. That follows from the topology as it does
 * there: by bus address if there is a common bridge and no port on the way
 * redirects peer-to-peer requests upwards, else through the host bridge.
 */
#include <linux/blkdev.h>
#include <linux/fs.h>
#include <linux/pci-p2pdma.h>

#include "ioctl.h"
#include "p2pmem.h"

/* The first bridge (or function) above or at @a that is also above or at @b. */
static struct pci_dev *common_port(struct pci_dev *a, struct pci_dev *b)
{
	struct pci_dev *port;

	for (; a; a = pci_upstream_bridge(a))
		for (port = b; port; port = pci_upstream_bridge(port))
			if (a == port)
				return a;
	return NULL;
}

static bool redirects(struct pci_dev *port)
{
	u16 control;

	if (!port->acs_cap)
		return false;
	pci_read_config_word(port, port->acs_cap + PCI_ACS_CTRL, &control);
	return control & (PCI_ACS_RR | PCI_ACS_CR | PCI_ACS_EC);
}

static bool path_redirects(struct pci_dev *from, struct pci_dev *to)
{
	for (; from != to; from = pci_upstream_bridge(from))
		if (redirects(from))
			return true;
	return false;
}

static bool by_bus_address(struct pci_dev *provider, struct pci_dev *client)
{
	struct pci_dev *common = common_port(provider, client);

	return common && !redirects(common) &&
	       !path_redirects(provider, common) &&
	       !path_redirects(client, common);
}

static void answer_pair(struct pci_dev *provider, struct pci_dev *client,
			struct p2pmem_query *query)
{
	struct device *clients[] = { &client->dev };

	query->distance = pci_p2pdma_distance_many(provider, clients, 1, false);
	if (query->distance < 0)
		query->verdict = P2PMEM_VERDICT_UNSUPPORTED;
	else if (by_bus_address(provider, client))
		query->verdict = P2PMEM_VERDICT_BUS;
	else
		query->verdict = P2PMEM_VERDICT_BRIDGE;
}

/* The provider's driver stays bound while the pair is looked at. */
static int answer_region(struct p2pmem_region *region, struct pci_dev *client,
			 struct p2pmem_query *query)
{
	int err = -ENODEV;

	if (down_read_killable(&region->lock))
		return -EINTR;
	if (!region->gone) {
		answer_pair(region->pdev, client, query);
		err = 0;
	}
	up_read(&region->lock);
	return err;
}

static int answer_query(struct p2pmem_query *query)
{
	const struct p2pmem_pci_address *address = &query->client;
	struct p2pmem_region *region;
	struct pci_dev *client;
	int err = -ENODEV;

	region = p2pmem_region_find(&query->provider);
	if (!region)
		return -ENODEV;
	client = pci_get_domain_bus_and_slot(address->domain, address->bus,
					     address->devfn);
	if (client)
		err = answer_region(region, client, query);
	pci_dev_put(client);
	p2pmem_region_put(region);
	return err;
}

/**
 * p2pmem_query() - answers P2PMEM_CONTROL_QUERY
 * @file: not used
 * @call: the request
 */
int p2pmem_query(struct file *file, struct p2pmem_call *call)
{
	struct p2pmem_query *query = &call->arg.query;
	int err;

	if (query->flags || query->provider.reserved || query->client.reserved)
		return -EINVAL;
	err = answer_query(query);
	return err ?: p2pmem_reply(call);
}

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
