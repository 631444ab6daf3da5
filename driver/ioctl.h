/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Requests: structures that begin with their own size and may grow. The three
 * kinds of file each have a table of what they answer.
 */
#ifndef P2PMEM_IOCTL_H
#define P2PMEM_IOCTL_H

#include <linux/fs.h>
#include <linux/p2pmem.h>

/**
 * union p2pmem_argument - the structure of any request
 */
union p2pmem_argument {
	struct p2pmem_region_info region_info;
	struct p2pmem_alloc alloc;
	struct p2pmem_buffer_info buffer_info;
	struct p2pmem_list list;
	struct p2pmem_query query;
	struct p2pmem_query_block query_block;
	struct p2pmem_revoke revoke;
	struct p2pmem_rescan rescan;
};

/**
 * struct p2pmem_call - a request being answered
 * @arg: the structure as this driver knows it; what the caller's lacks is zero
 * @user: where the caller has it
 * @user_size: its size there
 * @size: its size here
 */
struct p2pmem_call {
	union p2pmem_argument arg;
	void __user *user;
	size_t user_size;
	size_t size;
};

/**
 * struct p2pmem_request - an entry in a table of requests
 * @cmd: number
 * @size: size of the structure here
 * @min_size: its size in the first release
 * @handle: answers the request and ends with p2pmem_reply()
 */
struct p2pmem_request {
	unsigned int cmd;
	size_t size;
	size_t min_size;
	int (*handle)(struct file *file, struct p2pmem_call *call);
};

#define P2PMEM_REQUEST(number, type, last_of_first_release, function)        \
	{                                                                    \
		.cmd = (number),                                             \
		.size = sizeof(struct type),                                 \
		.min_size = offsetofend(struct type, last_of_first_release), \
		.handle = (function),                                        \
	}

long p2pmem_dispatch(struct file *file, const struct p2pmem_request *requests,
		     size_t count, unsigned int cmd, unsigned long arg);
int p2pmem_reply(const struct p2pmem_call *call);

#endif
