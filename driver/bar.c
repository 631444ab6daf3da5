// SPDX-License-Identifier: GPL-2.0-only
/*
 * Devices whose BAR is memory, like FPGAs and NVRAM cards, and that have no
 * driver to make P2P memory of it: a PCI driver that does no more than that.
 *
 * It knows no device by itself. One is given to it with driver_override or
 * new_id. There is no id table at all: an empty one would have new_id compare
 * with what it lists, and refuse.
 *
 * All of it is in device-managed resources, whose order matters: the mapping
 * of the pages waits for their last user and goes first, then the BAR is
 * released, then the device disabled. Region and node are the notifier's
 * (provider.c), as with any other provider.
 *
 * A reset may take the contents, and stores that are on their way with them,
 * so no buffer goes across one, and none may be cleared in it: the region ends
 * before it, and another begins after it. The device lock is held throughout.
 */
#include <linux/module.h>
#include <linux/pci-p2pdma.h>
#include <linux/sizes.h>

#include "p2pmem.h"

static int bar = -1;
/* Sparse does not take the length of joined strings for a constant. */
#ifndef __CHECKER__
module_param(bar, int, 0644);
MODULE_PARM_DESC(
	bar,
	"BAR of devices bound to p2pmem-bar, 0 to 5; -1: the largest 64-bit prefetchable one");
#endif

static bool suits(struct pci_dev *pdev, int i)
{
	const unsigned long wanted = IORESOURCE_MEM | IORESOURCE_MEM_64 |
				     IORESOURCE_PREFETCH;

	return (pci_resource_flags(pdev, i) & wanted) == wanted;
}

static int largest_bar(struct pci_dev *pdev)
{
	int i, best = -ENODEV;

	for (i = 0; i < PCI_STD_NUM_BARS; i++)
		if (suits(pdev, i) &&
		    (best < 0 ||
		     pci_resource_len(pdev, i) > pci_resource_len(pdev, best)))
			best = i;
	if (best < 0)
		pci_err(pdev,
			"p2pmem-bar: no 64-bit prefetchable memory BAR; name one with the module's parameter bar=\n");
	return best;
}

static int check_bar(struct pci_dev *pdev, int i)
{
	resource_size_t start, size;

	if (i >= PCI_STD_NUM_BARS ||
	    !(pci_resource_flags(pdev, i) & IORESOURCE_MEM)) {
		pci_err(pdev,
			"p2pmem-bar: BAR %d is no memory; the module's parameter bar= names the one to use\n",
			i);
		return -EINVAL;
	}
	start = pci_resource_start(pdev, i);
	size = pci_resource_len(pdev, i);
	if (!start || !size) {
		pci_err(pdev,
			"p2pmem-bar: BAR %d has no address; see the messages of the PCI bus above\n",
			i);
		return -ENODEV;
	}
	if (!IS_ALIGNED(start, SZ_2M) || !IS_ALIGNED(size, SZ_2M)) {
		pci_err(pdev,
			"p2pmem-bar: BAR %d is %llu bytes at %#llx; address and size must be multiples of 2 MiB to be mapped as memory\n",
			i, (u64)size, (u64)start);
		return -EINVAL;
	}
	return 0;
}

static int choose_bar(struct pci_dev *pdev)
{
	int chosen = READ_ONCE(bar);
	int err;

	if (chosen < 0)
		chosen = largest_bar(pdev);
	if (chosen < 0)
		return chosen;
	err = check_bar(pdev, chosen);
	return err ?: chosen;
}

static void disable(void *data)
{
	pci_disable_device(data);
}

static int enable(struct pci_dev *pdev)
{
	int err;

	err = pci_enable_device_mem(pdev);
	if (err)
		return err;
	return devm_add_action_or_reset(&pdev->dev, disable, pdev);
}

static int claim(struct pci_dev *pdev, int i)
{
	if (devm_request_mem_region(&pdev->dev, pci_resource_start(pdev, i),
				    pci_resource_len(pdev, i), "p2pmem-bar"))
		return 0;
	pci_err(pdev, "p2pmem-bar: BAR %d is in use; see /proc/iomem\n", i);
	return -EBUSY;
}

/* What it takes is given back by the driver core when it fails. */
static int bar_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	int chosen, err;

	chosen = choose_bar(pdev);
	if (chosen < 0)
		return chosen;
	err = enable(pdev);
	if (err)
		return err;
	err = claim(pdev, chosen);
	if (err)
		return err;
	err = pci_p2pdma_add_resource(pdev, chosen, 0, 0);
	if (err) {
		pci_err(pdev,
			"p2pmem-bar: BAR %d cannot be made peer-to-peer memory (error %d)\n",
			chosen, err);
		return err;
	}
	pci_p2pmem_publish(pdev, true);
	return 0;
}

static const struct pci_error_handlers bar_errors = {
	.reset_prepare = p2pmem_provider_remove,
	.reset_done = p2pmem_provider_add,
};

static struct pci_driver bar_driver = {
	.name = "p2pmem-bar",
	.probe = bar_probe,
	.err_handler = &bar_errors,
};

/**
 * p2pmem_bar_init() - lets devices be bound
 */
int p2pmem_bar_init(void)
{
	return pci_register_driver(&bar_driver);
}

/**
 * p2pmem_bar_exit() - lets go of all of them
 */
void p2pmem_bar_exit(void)
{
	pci_unregister_driver(&bar_driver);
}
