// SPDX-License-Identifier: GPL-2.0-only
/*
 * Regions: the P2P memory of one PCI function each, found when the function's
 * driver publishes it and left alone when that driver lets go.
 *
 * A bus notifier hears of both. It is registered before the first scan, and
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
 *
 * A region's number is free again when the last open file on it and its last
 * buffer are gone, so a number in a list always means one region.
 */
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/idr.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/pci-p2pdma.h>
#include <linux/slab.h>
#include <linux/wait_bit.h>

#include "ioctl.h"
#include "p2pmem.h"

#define MAX_REGIONS 1024
#define DRAIN_SECONDS 5

static dev_t first_devt;
static DEFINE_IDA(region_ids);
static atomic_t region_objects;

static DEFINE_MUTEX(regions_lock);
static LIST_HEAD(regions);

/* ---- the node -------------------------------------------------------- */

static int region_open(struct inode *inode, struct file *file)
{
	/* The open file refers to the cdev, and that to the region. */
	file->private_data =
		container_of(inode->i_cdev, struct p2pmem_region, cdev);
	return p2pmem_buffers_open();
}

static int region_release(struct inode *inode, struct file *file)
{
	p2pmem_buffers_close();
	return 0;
}

static int region_info(struct file *file, struct p2pmem_call *call)
{
	struct p2pmem_region *region = file->private_data;

	if (READ_ONCE(region->gone))
		return -ENODEV;
	p2pmem_region_describe(region, &call->arg.region_info);
	return p2pmem_reply(call);
}

static int check_alloc(const struct p2pmem_alloc *request)
{
	if (request->flags || request->caching > P2PMEM_CACHING_UNCACHED)
		return -EINVAL;
	if (!request->length || !PAGE_ALIGNED(request->length))
		return -EINVAL;
	return 0;
}

static int region_alloc(struct file *file, struct p2pmem_call *call)
{
	struct p2pmem_alloc *request = &call->arg.alloc;
	struct file *buffer;
	int fd, err;

	err = check_alloc(request);
	if (err)
		return err;
	fd = get_unused_fd_flags(O_CLOEXEC);
	if (fd < 0)
		return fd;
	buffer = p2pmem_buffer_create(file->private_data, request);
	if (IS_ERR(buffer)) {
		err = PTR_ERR(buffer);
		goto put_fd;
	}

	request->fd = fd;
	request->id = p2pmem_buffer_of(buffer)->id;
	err = p2pmem_reply(call);
	if (err)
		goto put_buffer;
	fd_install(fd, buffer);
	return 0;

put_buffer:
	fput(buffer);
put_fd:
	put_unused_fd(fd);
	return err;
}

static const struct p2pmem_request region_requests[] = {
	P2PMEM_REQUEST(P2PMEM_REGION_INFO, p2pmem_region_info, numa_node,
		       region_info),
	P2PMEM_REQUEST(P2PMEM_REGION_ALLOC, p2pmem_alloc, id, region_alloc),
};

static long region_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	return p2pmem_dispatch(file, region_requests,
			       ARRAY_SIZE(region_requests), cmd, arg);
}

static const struct file_operations region_fops = {
	.owner = THIS_MODULE,
	.open = region_open,
	.release = region_release,
	.mmap = p2pmem_region_mmap,
	.unlocked_ioctl = region_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
};

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
	device_initialize(&region->dev);
	region->dev.id = id;
	region->dev.devt = MKDEV(MAJOR(first_devt), MINOR(first_devt) + id);
	region->dev.bus = &region_bus;
	region->dev.parent = &pdev->dev;
	region->dev.release = region_free;
	atomic_inc(&region_objects);
	cdev_init(&region->cdev, &region_fops);
	region->cdev.owner = THIS_MODULE;
	return region;
}

/* ---- what is charged to it ------------------------------------------- */

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
 * p2pmem_pci_address_of() - writes the address of a function
 * @pdev: the function
 * @address: filled
 */
void p2pmem_pci_address_of(const struct pci_dev *pdev,
			   struct p2pmem_pci_address *address)
{
	address->domain = pci_domain_nr(pdev->bus);
	address->bus = pdev->bus->number;
	address->devfn = pdev->devfn;
	address->reserved = 0;
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
	p2pmem_pci_address_of(region->pdev, &info->provider);
	info->numa_node = dev_to_node(&region->pdev->dev);

	spin_lock(&region->charge_lock);
	info->allocated = region->allocated;
	info->draining = region->draining;
	info->buffers = region->buffers;
	spin_unlock(&region->charge_lock);
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
	struct p2pmem_pci_address provider;
	struct p2pmem_region *region, *found = NULL;

	mutex_lock(&regions_lock);
	list_for_each_entry(region, &regions, link) {
		p2pmem_pci_address_of(region->pdev, &provider);
		if (!memcmp(&provider, address, sizeof(provider))) {
			p2pmem_region_get(region);
			found = region;
			break;
		}
	}
	mutex_unlock(&regions_lock);
	return found;
}

/* ---- coming and going ------------------------------------------------ */

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

/* The caller holds the device lock of the function. */
static void region_add(struct pci_dev *pdev)
{
	struct p2pmem_region *region;
	int err;

	if (!publishes_memory(pdev))
		return;

	mutex_lock(&regions_lock);
	if (region_of(pdev))
		goto unlock;
	region = region_new(pdev);
	err = PTR_ERR_OR_ZERO(region);
	if (!err) {
		err = region_register(region);
		if (err)
			p2pmem_region_put(region);
	}
	if (err)
		pci_err(pdev,
			"p2pmem: no node for its peer-to-peer memory (error %d); bind its driver again to retry\n",
			err);
	else
		pci_info(pdev, "p2pmem: peer-to-peer memory is /dev/%s\n",
			 dev_name(&region->dev));
unlock:
	mutex_unlock(&regions_lock);
}

static struct p2pmem_region *region_unlist(struct pci_dev *pdev)
{
	struct p2pmem_region *region;

	mutex_lock(&regions_lock);
	region = region_of(pdev);
	if (region)
		list_del(&region->link);
	mutex_unlock(&regions_lock);
	return region;
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

/* The caller holds the device lock of the function, or no driver is told. */
static void region_remove(struct pci_dev *pdev)
{
	struct p2pmem_region *region = region_unlist(pdev);

	if (!region)
		return;

	down_write(&region->lock);
	WRITE_ONCE(region->gone, true);
	up_write(&region->lock);

	cdev_device_del(&region->cdev, &region->dev);
	revoke_buffers(region);
	wait_for_transfers(region);
	p2pmem_region_put(region);
}

static int region_notify(struct notifier_block *block, unsigned long action,
			 void *data)
{
	struct pci_dev *pdev = to_pci_dev(data);

	switch (action) {
	case BUS_NOTIFY_BOUND_DRIVER:
		region_add(pdev);
		return NOTIFY_OK;
	case BUS_NOTIFY_UNBIND_DRIVER:
		region_remove(pdev);
		return NOTIFY_OK;
	default:
		return NOTIFY_DONE;
	}
}

static struct notifier_block region_notifier = {
	.notifier_call = region_notify,
};

static void scan(void)
{
	struct pci_dev *pdev = NULL;

	for_each_pci_dev(pdev)
	{
		device_lock(&pdev->dev);
		if (device_is_bound(&pdev->dev))
			region_add(pdev);
		device_unlock(&pdev->dev);
	}
}

/**
 * p2pmem_regions_init() - finds the regions there are, and watches for more
 */
int p2pmem_regions_init(void)
{
	int err;

	err = bus_register(&region_bus);
	if (err)
		return err;
	err = alloc_chrdev_region(&first_devt, 0, MAX_REGIONS, "p2pmem");
	if (err)
		goto unregister_bus;
	err = bus_register_notifier(&pci_bus_type, &region_notifier);
	if (err)
		goto unregister_chrdev;
	scan();
	return 0;

unregister_chrdev:
	unregister_chrdev_region(first_devt, MAX_REGIONS);
unregister_bus:
	bus_unregister(&region_bus);
	return err;
}

static void remove_all(void)
{
	struct p2pmem_region *region;
	struct pci_dev *pdev;

	/* Nobody else changes the list: the notifier is gone. */
	while ((region = list_first_entry_or_null(
			&regions, struct p2pmem_region, link))) {
		pdev = pci_dev_get(region->pdev);
		region_remove(pdev);
		pci_dev_put(pdev);
	}
}

/**
 * p2pmem_regions_exit() - undoes p2pmem_regions_init()
 *
 * No buffer is left, as each holds the module.
 */
void p2pmem_regions_exit(void)
{
	bus_unregister_notifier(&pci_bus_type, &region_notifier);
	remove_all();
	wait_var_event(&region_objects, !atomic_read(&region_objects));
	unregister_chrdev_region(first_devt, MAX_REGIONS);
	bus_unregister(&region_bus);
	ida_destroy(&region_ids);
}
