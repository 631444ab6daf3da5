// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reading and answering requests of extensible size, for all kinds of file.
 * Nothing here is shared between calls, so there is nothing to lock.
 */
#include <linux/uaccess.h>

#include "ioctl.h"
#include "p2pmem.h"

static const struct p2pmem_request *
find_request(const struct p2pmem_request *requests, size_t count,
	     unsigned int cmd)
{
	size_t i;

	for (i = 0; i < count; i++)
		if (requests[i].cmd == cmd)
			return &requests[i];
	return NULL;
}

static int read_call(const struct p2pmem_request *request,
		     struct p2pmem_call *call)
{
	u32 size;

	if (get_user(size, (u32 __user *)call->user))
		return -EFAULT;
	if (size < request->min_size)
		return -EINVAL;
	if (size > PAGE_SIZE)
		return -E2BIG;

	call->size = request->size;
	call->user_size = size;
	return copy_struct_from_user(&call->arg, call->size, call->user, size);
}

/**
 * p2pmem_dispatch() - answers a request from a table
 * @file: what it was made on
 * @requests: what that kind of file answers
 * @count: number of entries
 * @cmd: the request
 * @arg: address of its structure
 */
long p2pmem_dispatch(struct file *file, const struct p2pmem_request *requests,
		     size_t count, unsigned int cmd, unsigned long arg)
{
	const struct p2pmem_request *request;
	struct p2pmem_call call = { .user = (void __user *)arg };
	int err;

	request = find_request(requests, count, cmd);
	if (!request)
		return -ENOTTY;
	err = read_call(request, &call);
	if (err)
		return err;
	return request->handle(file, &call);
}

/**
 * p2pmem_reply() - hands the structure back, as much as the caller knows
 * @call: the request
 */
int p2pmem_reply(const struct p2pmem_call *call)
{
	size_t size = min(call->user_size, call->size);

	return copy_to_user(call->user, &call->arg, size) ? -EFAULT : 0;
}
