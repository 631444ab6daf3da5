// SPDX-License-Identifier: GPL-2.0-only
/*
 * /dev/p2pmem-control: what there is, and revocation. Lists are read in pieces,
 * by number; each entry is looked up and described on its own, so no lock is
 * held while the caller's memory is written. Events are in event.c, queries in
 * query.c.
 */
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/sched/signal.h>
#include <linux/uaccess.h>

#include "ioctl.h"
#include "p2pmem.h"

static int check_list(const struct p2pmem_list *list, size_t min_size)
{
	if (list->entry_size < min_size || !list->capacity)
		return -EINVAL;
	if (list->entry_size > PAGE_SIZE)
		return -E2BIG;
	return 0;
}

/* Writes the next entry, as much of it as the caller knows. */
static int put_entry(struct p2pmem_list *list, const void *entry, size_t size)
{
	u8 __user *to = u64_to_user_ptr(list->entries +
					(u64)list->count * list->entry_size);
	size_t known = min_t(size_t, size, list->entry_size);

	if (copy_to_user(to, entry, known) ||
	    clear_user(to + known, list->entry_size - known))
		return -EFAULT;
	list->count++;
	cond_resched();
	return fatal_signal_pending(current) ? -EINTR : 0;
}

static int put_buffer(struct p2pmem_list *list, struct p2pmem_buffer *buffer)
{
	struct p2pmem_buffer_info info = { .size = sizeof(info) };

	p2pmem_buffer_describe(buffer, &info);
	return put_entry(list, &info, sizeof(info));
}

static int list_buffers(struct file *file, struct p2pmem_call *call)
{
	struct p2pmem_list *list = &call->arg.list;
	struct p2pmem_buffer *buffer;
	u64 id = list->start;
	int err;

	err = check_list(list,
			 offsetofend(struct p2pmem_buffer_info, pinned_pages));
	for (list->count = 0; !err && list->count < list->capacity; id++) {
		buffer = p2pmem_buffer_next(&id);
		if (!buffer)
			break;
		err = put_buffer(list, buffer);
		p2pmem_buffer_put(buffer);
	}
	return err ?: p2pmem_reply(call);
}

static int put_region(struct p2pmem_list *list, struct p2pmem_region *region)
{
	struct p2pmem_region_info info = { .size = sizeof(info) };

	p2pmem_region_describe(region, &info);
	return put_entry(list, &info, sizeof(info));
}

static int list_regions(struct file *file, struct p2pmem_call *call)
{
	struct p2pmem_list *list = &call->arg.list;
	struct p2pmem_region *region;
	u32 id = min_t(u64, list->start, U32_MAX);
	int err;

	err = check_list(list,
			 offsetofend(struct p2pmem_region_info, numa_node));
	for (list->count = 0; !err && list->count < list->capacity; id++) {
		region = p2pmem_region_next(&id);
		if (!region)
			break;
		err = put_region(list, region);
		p2pmem_region_put(region);
	}
	return err ?: p2pmem_reply(call);
}

static int revoke(struct file *file, struct p2pmem_call *call)
{
	const struct p2pmem_revoke *request = &call->arg.revoke;
	struct p2pmem_buffer *buffer;

	if (request->flags & ~P2PMEM_REVOKE_NOTICE)
		return -EINVAL;
	buffer = p2pmem_buffer_find(request->id);
	if (!buffer)
		return -ENOENT;
	if (request->flags & P2PMEM_REVOKE_NOTICE)
		p2pmem_buffer_give_notice(buffer);
	else
		p2pmem_buffer_revoke(buffer);
	p2pmem_buffer_put(buffer);
	return 0;
}

static int rescan(struct file *file, struct p2pmem_call *call)
{
	if (call->arg.rescan.flags)
		return -EINVAL;
	return p2pmem_providers_scan();
}

static const struct p2pmem_request control_requests[] = {
	P2PMEM_REQUEST(P2PMEM_CONTROL_LIST_BUFFERS, p2pmem_list, start,
		       list_buffers),
	P2PMEM_REQUEST(P2PMEM_CONTROL_LIST_REGIONS, p2pmem_list, start,
		       list_regions),
	P2PMEM_REQUEST(P2PMEM_CONTROL_QUERY, p2pmem_query, verdict,
		       p2pmem_query),
	P2PMEM_REQUEST(P2PMEM_CONTROL_QUERY_BLOCK, p2pmem_query_block,
		       max_bytes, p2pmem_query_block),
	P2PMEM_REQUEST(P2PMEM_CONTROL_REVOKE, p2pmem_revoke, id, revoke),
	P2PMEM_REQUEST(P2PMEM_CONTROL_RESCAN, p2pmem_rescan, flags, rescan),
};

static long control_ioctl(struct file *file, unsigned int cmd,
			  unsigned long arg)
{
	return p2pmem_dispatch(file, control_requests,
			       ARRAY_SIZE(control_requests), cmd, arg);
}

static int control_open(struct inode *inode, struct file *file)
{
	return p2pmem_events_open(file) ?: stream_open(inode, file);
}

static int control_release(struct inode *inode, struct file *file)
{
	p2pmem_events_close(file);
	return 0;
}

static const struct file_operations control_fops = {
	.owner = THIS_MODULE,
	.open = control_open,
	.release = control_release,
	.read = p2pmem_events_read,
	.poll = p2pmem_events_poll,
	.unlocked_ioctl = control_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
};

static struct miscdevice control = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "p2pmem-control",
	.fops = &control_fops,
	.mode = 0600,
};

/**
 * p2pmem_control_init() - makes /dev/p2pmem-control
 */
int p2pmem_control_init(void)
{
	return misc_register(&control);
}

/**
 * p2pmem_control_exit() - removes it
 */
void p2pmem_control_exit(void)
{
	misc_deregister(&control);
}
