// SPDX-License-Identifier: GPL-2.0-only
/*
 * Attributes of a region's device, /sys/bus/p2pmem/devices/p2pmemN: what of
 * its pool is out, and why. How large the pool is and what is free of it, with
 * what others have taken, are the provider's own p2pmem/size and
 * p2pmem/available.
 */
#include <linux/sysfs.h>

#include "p2pmem.h"

static void describe(struct device *dev, struct p2pmem_region_info *info)
{
	p2pmem_region_describe(container_of(dev, struct p2pmem_region, dev),
			       info);
}

static ssize_t allocated_show(struct device *dev, struct device_attribute *attr,
			      char *text)
{
	struct p2pmem_region_info info;

	describe(dev, &info);
	return sysfs_emit(text, "%llu\n", info.allocated);
}
static DEVICE_ATTR_RO(allocated);

static ssize_t draining_show(struct device *dev, struct device_attribute *attr,
			     char *text)
{
	struct p2pmem_region_info info;

	describe(dev, &info);
	return sysfs_emit(text, "%llu\n", info.draining);
}
static DEVICE_ATTR_RO(draining);

static ssize_t buffers_show(struct device *dev, struct device_attribute *attr,
			    char *text)
{
	struct p2pmem_region_info info;

	describe(dev, &info);
	return sysfs_emit(text, "%u\n", info.buffers);
}
static DEVICE_ATTR_RO(buffers);

static struct attribute *region_attrs[] = {
	&dev_attr_allocated.attr,
	&dev_attr_draining.attr,
	&dev_attr_buffers.attr,
	NULL,
};

static const struct attribute_group region_group = {
	.attrs = region_attrs,
};

const struct attribute_group *p2pmem_region_groups[] = {
	&region_group,
	NULL,
};
