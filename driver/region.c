// SPDX-License-Identifier: GPL-2.0-only
/*
 * Regions: the P2P memory of one PCI function each. Here are the objects, and
 * the list of those whose provider is there. provider.c says when they come
 * and go, charge.c what is charged to them.
 *
 * A region's number is free again when the last open file on it and its last
 * buffer are gone, so a number in a list always means one region.
 */
#include <linux/fs.h>
#include <linux/idr.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/slab.h>
#include <linux/wait_bit.h>

#include "p2pmem.h"

#define MAX_REGIONS 1024

static dev_t first_devt;
static DEFINE_IDA(region_ids);
static atomic_t region_objects;

static DEFINE_MUTEX(regions_lock);
static LIST_HEAD(regions);

/*
 * A bus without drivers rather than a class: devices of a class get a folder
 * of its name below their parent, and a provider has a "p2pmem" already.
 */
static struct bus_type region_bus = {
	.name = "p2pmem",
};

/* ---- the object ------------------------------------------------------ */

/**
 * p2pmem_region_get() - takes a reference
 * @region: the region
 */
void p2pmem_region_get(struct p2pmem_region *region)
{
	get_device(&region->dev);
}

/**
 * p2pmem_region_put() - drops a reference
 * @region: the region
 */
void p2pmem_region_put(struct p2pmem_region *region)
{
	put_device(&region->dev);
}

static void region_free(struct device *dev)
{
	struct p2pmem_region *region =
		container_of(dev, struct p2pmem_region, dev);

	ida_free(&region_ids, dev->id);
	pci_dev_put(region->pdev);
	kfree(region);
	if (atomic_dec_and_test(&region_objects))
		wake_up_var(&region_objects);
}

static struct p2pmem_region *region_new(struct pci_dev *pdev)
{
	struct p2pmem_region *region;
	int id;

	region = kzalloc(sizeof(*region), GFP_KERNEL);
	if (!region)
		return ERR_PTR(-ENOMEM);
	id = ida_alloc_max(&region_ids, MAX_REGIONS - 1, GFP_KERNEL);
	if (id < 0) {
		kfree(region);
		return ERR_PTR(id);
	}

	init_rwsem(&region->lock);
	spin_lock_init(&region->charge_lock);
	init_waitqueue_head(&region->idle);
	region->pdev = pci_dev_get(pdev);
	p2pmem_pci_address_of(pdev, &region->address);
	device_initialize(&region->dev);
	region->dev.id = id;
	region->dev.devt = MKDEV(MAJOR(first_devt), MINOR(first_devt) + id);
	region->dev.bus = &region_bus;
	region->dev.parent = &pdev->dev;
	region->dev.groups = p2pmem_region_groups;
	region->dev.release = region_free;
	atomic_inc(&region_objects);
	cdev_init(&region->cdev, &p2pmem_region_fops);
	region->cdev.owner = THIS_MODULE;
	return region;
}

/* ---- the list -------------------------------------------------------- */

static struct p2pmem_region *region_of(const struct pci_dev *pdev)
{
	struct p2pmem_region *region;

	list_for_each_entry(region, &regions, link)
		if (region->pdev == pdev)
			return region;
	return NULL;
}

/**
 * p2pmem_region_next() - finds a region by number
 * @id: in: the first number that will do; out: the one found
 *
 * Return: the region, referenced, or NULL if there is none from there on.
 */
struct p2pmem_region *p2pmem_region_next(u32 *id)
{
	struct p2pmem_region *region, *found = NULL;

	mutex_lock(&regions_lock);
	list_for_each_entry(region, &regions, link)
		if (region->dev.id >= *id &&
		    (!found || region->dev.id < found->dev.id))
			found = region;
	if (found) {
		p2pmem_region_get(found);
		*id = found->dev.id;
	}
	mutex_unlock(&regions_lock);
	return found;
}

/**
 * p2pmem_region_find() - finds a region by its provider
 * @address: the provider
 *
 * Return: the region, referenced, or NULL.
 */
struct p2pmem_region *
p2pmem_region_find(const struct p2pmem_pci_address *address)
{
	struct p2pmem_region *region, *found = NULL;

	mutex_lock(&regions_lock);
	list_for_each_entry(region, &regions, link) {
		if (!memcmp(&region->address, address, sizeof(*address))) {
			p2pmem_region_get(region);
			found = region;
			break;
		}
	}
	mutex_unlock(&regions_lock);
	return found;
}

static int region_register(struct p2pmem_region *region)
{
	int err;

	err = dev_set_name(&region->dev, "p2pmem%u", region->dev.id);
	if (err)
		return err;
	err = cdev_device_add(&region->cdev, &region->dev);
	if (err)
		return err;
	list_add_tail(&region->link, &regions);
	return 0;
}

static struct p2pmem_region *region_make(struct pci_dev *pdev)
{
	struct p2pmem_region *region;
	int err;

	region = region_new(pdev);
	if (IS_ERR(region))
		return region;
	err = region_register(region);
	if (err) {
		p2pmem_region_put(region);
		return ERR_PTR(err);
	}
	return region;
}

/**
 * p2pmem_region_create() - makes the region of a provider, and its node
 * @pdev: the provider
 *
 * Return: the region, NULL if it has one already, or an error pointer.
 */
struct p2pmem_region *p2pmem_region_create(struct pci_dev *pdev)
{
	struct p2pmem_region *region = NULL;

	mutex_lock(&regions_lock);
	if (!region_of(pdev))
		region = region_make(pdev);
	/* While the list is locked: nobody can end it before it was told of. */
	if (!IS_ERR_OR_NULL(region))
		p2pmem_event_region(region, P2PMEM_EVENT_REGION_ADDED);
	mutex_unlock(&regions_lock);
	return region;
}

/**
 * p2pmem_region_retire() - removes a region from the list, and its node
 * @pdev: the provider, or NULL for any
 *
 * No allocation begins or goes on after that.
 *
 * Return: the region, with the list's reference, or NULL if there is none.
 */
struct p2pmem_region *p2pmem_region_retire(struct pci_dev *pdev)
{
	struct p2pmem_region *region;

	mutex_lock(&regions_lock);
	region = pdev ? region_of(pdev) :
			list_first_entry_or_null(&regions, struct p2pmem_region,
						 link);
	if (region)
		list_del(&region->link);
	mutex_unlock(&regions_lock);
	if (!region)
		return NULL;

	down_write(&region->lock);
	WRITE_ONCE(region->gone, true);
	up_write(&region->lock);
	cdev_device_del(&region->cdev, &region->dev);
	return region;
}

/**
 * p2pmem_regions_init() - readies numbers and names for regions
 */
int p2pmem_regions_init(void)
{
	int err;

	err = bus_register(&region_bus);
	if (err)
		return err;
	err = alloc_chrdev_region(&first_devt, 0, MAX_REGIONS, "p2pmem");
	if (err)
		bus_unregister(&region_bus);
	return err;
}

/**
 * p2pmem_regions_exit() - waits for the last region object to go
 */
void p2pmem_regions_exit(void)
{
	wait_var_event(&region_objects, !atomic_read(&region_objects));
	unregister_chrdev_region(first_devt, MAX_REGIONS);
	bus_unregister(&region_bus);
	ida_destroy(&region_ids);
}
