// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which client function can reach which provider. Nothing is kept: each answer
 * is what the kernel says now.
 *
 * The kernel tells a module the distance of a pair, or that it refuses it, but
 * not which way the data goes. That follows from the path as it does there: by
 * bus address if requests turn below the host bridge, else through that.
 */
#include <linux/fs.h>
#include <linux/pci-p2pdma.h>
#include <linux/uaccess.h>

#include "ioctl.h"
#include "p2pmem.h"
#include "path.h"

/**
 * p2pmem_pair_verdict() - whether, and how, a client reaches a provider
 * @provider: the provider, bound to its driver
 * @client: the function that does the DMA
 * @path: the way between them
 * @ret_distance: as the kernel counts it, -1 if it refuses
 *
 * Has the kernel look anew, which also refreshes what it keeps.
 */
enum p2pmem_verdict p2pmem_pair_verdict(struct pci_dev *provider,
					struct pci_dev *client,
					const struct p2pmem_path *path,
					int *ret_distance)
{
	struct device *clients[] = { &client->dev };
	int distance;

	distance = pci_p2pdma_distance_many(provider, clients, 1, false);
	*ret_distance = distance;
	if (distance < 0)
		return P2PMEM_VERDICT_UNSUPPORTED;
	return p2pmem_path_turns(path) ? P2PMEM_VERDICT_BUS :
					 P2PMEM_VERDICT_BRIDGE;
}

/* The provider's driver stays bound while the pair is looked at. */
static int answer_pair(struct p2pmem_region *region, struct pci_dev *client,
		       const struct p2pmem_path *path,
		       struct p2pmem_query *query)
{
	int err = -ENODEV;

	if (down_read_killable(&region->lock))
		return -EINTR;
	if (!region->gone) {
		query->verdict = p2pmem_pair_verdict(region->pdev, client, path,
						     &query->distance);
		err = 0;
	}
	up_read(&region->lock);
	return err;
}

/* Writes a hop, as much of it as the caller knows. */
static int put_hop(const struct p2pmem_query *query, unsigned int at,
		   const struct p2pmem_hop *hop)
{
	u8 __user *to =
		u64_to_user_ptr(query->hops + (u64)at * query->hop_size);
	size_t known = min_t(size_t, sizeof(*hop), query->hop_size);

	if (copy_to_user(to, hop, known) ||
	    clear_user(to + known, query->hop_size - known))
		return -EFAULT;
	return 0;
}

static int put_hops(struct p2pmem_query *query, const struct p2pmem_path *path)
{
	unsigned int n = min(path->count, query->hop_capacity);
	unsigned int i;
	int err = 0;

	for (i = 0; i < n && !err; i++)
		err = put_hop(query, i, &path->hops[i]);
	query->hop_count = path->count;
	return err;
}

static int answer_region(struct p2pmem_region *region, struct pci_dev *client,
			 struct p2pmem_query *query)
{
	struct p2pmem_path path;
	int err;

	if (pci_is_bridge(client))
		return -EINVAL;
	err = p2pmem_path_find(&path, region->pdev, client);
	if (err)
		return err;
	err = answer_pair(region, client, &path, query);
	if (!err)
		err = put_hops(query, &path);
	p2pmem_path_free(&path);
	return err;
}

/**
 * p2pmem_pci_function() - finds a function
 * @address: its address
 *
 * Return: the function, referenced, or NULL.
 */
struct pci_dev *p2pmem_pci_function(const struct p2pmem_pci_address *address)
{
	return pci_get_domain_bus_and_slot(address->domain, address->bus,
					   address->devfn);
}

static int answer_query(struct p2pmem_query *query)
{
	struct p2pmem_region *region;
	struct pci_dev *client;
	int err = -ENODEV;

	region = p2pmem_region_find(&query->provider);
	if (!region)
		return -ENODEV;
	client = p2pmem_pci_function(&query->client);
	if (client)
		err = answer_region(region, client, query);
	pci_dev_put(client);
	p2pmem_region_put(region);
	return err;
}

static int check_query(const struct p2pmem_query *query)
{
	if (query->flags || query->reserved || query->provider.reserved ||
	    query->client.reserved)
		return -EINVAL;
	if (!query->hop_capacity)
		return 0;
	if (query->hop_size < offsetofend(struct p2pmem_hop, reserved))
		return -EINVAL;
	return query->hop_size > PAGE_SIZE ? -E2BIG : 0;
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

	err = check_query(query);
	if (err)
		return err;
	err = answer_query(query);
	return err ?: p2pmem_reply(call);
}
