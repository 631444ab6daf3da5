// SPDX-License-Identifier: GPL-2.0-only
/*
 * /dev/p2pmemN: what there is to know of a region, and allocation. The open
 * file refers to the cdev, and that to the region, so the region object is
 * there; whether its provider still is, region->gone says.
 */
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/module.h>

#include "ioctl.h"
#include "p2pmem.h"

static int region_open(struct inode *inode, struct file *file)
{
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

const struct file_operations p2pmem_region_fops = {
	.owner = THIS_MODULE,
	.open = region_open,
	.release = region_release,
	.mmap = p2pmem_region_mmap,
	.unlocked_ioctl = region_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
};
