// SPDX-License-Identifier: GPL-2.0-only
/*
 * p2pmem: the peer-to-peer memory of PCI devices as file descriptors.
 *
 * Loading and unloading. p2pmem.h says what the parts are and how they lock.
 */
#define pr_fmt(fmt) "p2pmem: " fmt

#include <linux/module.h>

#include "p2pmem.h"

static int __init p2pmem_init(void)
{
	int err;

	if (!IS_ENABLED(CONFIG_PCI_P2PDMA)) {
		pr_err("not loaded: this kernel was built without CONFIG_PCI_P2PDMA and has no peer-to-peer DMA; boot one that has it\n");
		return -EOPNOTSUPP;
	}

	err = p2pmem_reclaim_init();
	if (err)
		return err;
	err = p2pmem_regions_init();
	if (err)
		goto exit_reclaim;
	err = p2pmem_providers_init();
	if (err)
		goto exit_regions;
	err = p2pmem_bar_init();
	if (err)
		goto exit_providers;
	/* Last, so that whoever sees it finds the regions as well. */
	err = p2pmem_control_init();
	if (err)
		goto exit_bar;
	p2pmem_selftest_init();
	return 0;

exit_bar:
	p2pmem_bar_exit();
exit_providers:
	p2pmem_providers_exit();
exit_regions:
	p2pmem_regions_exit();
exit_reclaim:
	p2pmem_reclaim_exit();
	return err;
}

static void __exit p2pmem_exit(void)
{
	p2pmem_selftest_exit();
	p2pmem_control_exit();
	p2pmem_bar_exit();
	p2pmem_providers_exit();
	p2pmem_regions_exit();
	p2pmem_reclaim_exit();
}

module_init(p2pmem_init);
module_exit(p2pmem_exit);

MODULE_LICENSE("GPL");
MODULE_AUTHOR("The p2pmem authors");
MODULE_DESCRIPTION("Peer-to-peer memory of PCI devices as file descriptors");
MODULE_VERSION(P2PMEM_VERSION);
