// SPDX-License-Identifier: GPL-2.0-only
/*
 * Providers: PCI functions whose driver publishes P2P memory. Each gets a
 * region, until that driver lets go.
 *
 * A bus notifier hears of either. It is registered before the first scan, and
 * what is found twice is kept once. The scan looks at a function under its
 * device lock and only with a driver bound, so never into a probe that may
 * yet fail: memory taken then would hold up its clean-up for ever.
 *
 * Before a provider's driver goes, the driver core tells the notifier. After
 * it, the provider's clean-up waits, uninterruptibly, for each page of the
 * region that is in use. So the notifier ends all use: the region is marked
 * gone under region->lock, which no allocation outlives; the node is removed;
 * all buffers are revoked. Then it waits for transfers in flight, but not
 * without end, because the whole notifier chain is held up meanwhile. What is
 * left then, the reaper gives back when the driver has ended its transfers:
 * the pool is destroyed after the last page is back.
 */
#include <linux/module.h>
#include <linux/pci-p2pdma.h>

#include "p2pmem.h"

#define DRAIN_SECONDS 5

/*
 * A provider whose driver has published its memory is its own nearest one.
 * Unpublished memory is its driver's alone.
 */
static bool publishes_memory(struct pci_dev *pdev)
{
	struct pci_dev *nearest = pci_p2pmem_find(&pdev->dev);

	pci_dev_put(nearest);
	return nearest == pdev;
}

/**
 * p2pmem_provider_add() - makes the region of a function, if it is a provider
 * @pdev: the function, its device lock held and a driver bound
 */
void p2pmem_provider_add(struct pci_dev *pdev)
{
	struct p2pmem_region *region;

	if (!publishes_memory(pdev))
		return;
	region = p2pmem_region_create(pdev);
	if (IS_ERR(region))
		pci_err(pdev,
			"p2pmem: no node for its peer-to-peer memory (error %ld); bind its driver again to retry\n",
			PTR_ERR(region));
	else if (region)
		pci_info(pdev, "p2pmem: peer-to-peer memory is /dev/%s\n",
			 dev_name(&region->dev));
}

static void revoke_buffers(struct p2pmem_region *region)
{
	struct p2pmem_buffer *buffer;
	u64 id;

	for (id = 0; (buffer = p2pmem_buffer_next(&id)); id++) {
		if (buffer->region == region)
			p2pmem_buffer_revoke(buffer);
		p2pmem_buffer_put(buffer);
	}
}

static void wait_for_transfers(struct p2pmem_region *region)
{
	if (wait_event_timeout(region->idle, !READ_ONCE(region->buffers),
			       DRAIN_SECONDS * HZ))
		return;
	pci_warn(
		region->pdev,
		"p2pmem: transfers hold %u buffer(s) of %s after %d s; its driver cannot go before they end\n",
		READ_ONCE(region->buffers), dev_name(&region->dev),
		DRAIN_SECONDS);
}

static void region_end(struct p2pmem_region *region)
{
	p2pmem_event_region(region, P2PMEM_EVENT_REGION_GONE);
	revoke_buffers(region);
	wait_for_transfers(region);
	p2pmem_region_put(region);
}

/**
 * p2pmem_provider_remove() - ends the region of a function, if it has one
 * @pdev: the function, its device lock held
 */
void p2pmem_provider_remove(struct pci_dev *pdev)
{
	struct p2pmem_region *region = p2pmem_region_retire(pdev);

	if (region)
		region_end(region);
}

static int provider_notify(struct notifier_block *block, unsigned long action,
			   void *data)
{
	struct pci_dev *pdev = to_pci_dev(data);

	switch (action) {
	case BUS_NOTIFY_BOUND_DRIVER:
		p2pmem_provider_add(pdev);
		return NOTIFY_OK;
	case BUS_NOTIFY_UNBIND_DRIVER:
		p2pmem_provider_remove(pdev);
		return NOTIFY_OK;
	default:
		return NOTIFY_DONE;
	}
}

static struct notifier_block provider_notifier = {
	.notifier_call = provider_notify,
};

static int scan_function(struct pci_dev *pdev)
{
	int err;

	err = device_lock_interruptible(&pdev->dev);
	if (err)
		return err;
	if (device_is_bound(&pdev->dev))
		p2pmem_provider_add(pdev);
	device_unlock(&pdev->dev);
	return 0;
}

/**
 * p2pmem_providers_scan() - finds providers that have no region yet
 *
 * Return: 0, or -EINTR if a signal ended it early.
 */
int p2pmem_providers_scan(void)
{
	struct pci_dev *pdev = NULL;
	int err;

	for_each_pci_dev(pdev) {
		err = scan_function(pdev);
		if (err) {
			pci_dev_put(pdev);
			return err;
		}
	}
	return 0;
}

/**
 * p2pmem_providers_exit() - ends all regions
 *
 * Their buffers are gone already, as each holds the module.
 */
void p2pmem_providers_exit(void)
{
	struct p2pmem_region *region;

	bus_unregister_notifier(&pci_bus_type, &provider_notifier);
	while ((region = p2pmem_region_retire(NULL)))
		region_end(region);
}

/**
 * p2pmem_providers_init() - finds the providers there are, watches for more
 */
int p2pmem_providers_init(void)
{
	int err;

	err = bus_register_notifier(&pci_bus_type, &provider_notifier);
	if (err)
		return err;
	err = p2pmem_providers_scan();
	if (err)
		p2pmem_providers_exit();
	return err;
}
