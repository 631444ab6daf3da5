// SPDX-License-Identifier: GPL-2.0-only
/*
 * Buffers: allocations that are files. Here are the objects, how one is made,
 * and all of them by number. reclaim.c says how memory comes to a buffer and
 * leaves it, file.c what the file can do.
 *
 * A buffer is published, so that it can be listed and revoked, when it is
 * complete; until then only its maker knows it.
 */
#include <linux/cred.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/pid_namespace.h>
#include <linux/rbtree.h>
#include <linux/slab.h>
#include <linux/spinlock.h>

#include "p2pmem.h"

/*
 * All buffers by id, in a tree rather than in an array: numbers only grow, and
 * an array of few high ones is taken down and built again with each buffer.
 */
static DEFINE_SPINLOCK(buffers_lock);
static struct rb_root buffers = RB_ROOT;
static atomic64_t last_id;

static struct p2pmem_buffer *buffer_at(struct rb_node *node)
{
	return rb_entry(node, struct p2pmem_buffer, link);
}

static bool comes_before(struct rb_node *a, const struct rb_node *b)
{
	return buffer_at(a)->id < rb_entry(b, struct p2pmem_buffer, link)->id;
}

static void buffer_insert(struct p2pmem_buffer *buffer)
{
	spin_lock(&buffers_lock);
	rb_add(&buffer->link, &buffers, comes_before);
	spin_unlock(&buffers_lock);
}

static void buffer_remove(struct p2pmem_buffer *buffer)
{
	spin_lock(&buffers_lock);
	if (!RB_EMPTY_NODE(&buffer->link))
		rb_erase(&buffer->link, &buffers);
	spin_unlock(&buffers_lock);
}

static void buffer_free(struct kref *ref)
{
	struct p2pmem_buffer *buffer =
		container_of(ref, struct p2pmem_buffer, ref);

	buffer_remove(buffer);
	put_pid(buffer->pid);
	p2pmem_region_put(buffer->region);
	kfree(buffer);
}

/**
 * p2pmem_buffer_put() - drops a reference
 * @buffer: the buffer
 */
void p2pmem_buffer_put(struct p2pmem_buffer *buffer)
{
	kref_put(&buffer->ref, buffer_free);
}

/* The first buffer from @id on, under buffers_lock. */
static struct rb_node *first_from(u64 id)
{
	struct rb_node *node = buffers.rb_node, *found = NULL;

	while (node) {
		if (buffer_at(node)->id < id) {
			node = node->rb_right;
		} else {
			found = node;
			node = node->rb_left;
		}
	}
	return found;
}

/**
 * p2pmem_buffer_next() - finds a buffer by number
 * @id: in: the first number that will do; out: the one found
 *
 * Return: the buffer, referenced, or NULL if there is none from there on.
 */
struct p2pmem_buffer *p2pmem_buffer_next(u64 *id)
{
	struct p2pmem_buffer *buffer = NULL;
	struct rb_node *node;

	spin_lock(&buffers_lock);
	node = first_from(*id);
	/* The last reference may be on its way to take the buffer out. */
	while (node && !kref_get_unless_zero(&buffer_at(node)->ref))
		node = rb_next(node);
	if (node) {
		buffer = buffer_at(node);
		*id = buffer->id;
	}
	spin_unlock(&buffers_lock);
	return buffer;
}

/**
 * p2pmem_buffer_find() - finds a buffer by its very number
 * @id: its number
 *
 * Return: the buffer, referenced, or NULL.
 */
struct p2pmem_buffer *p2pmem_buffer_find(u64 id)
{
	u64 found = id;
	struct p2pmem_buffer *buffer = p2pmem_buffer_next(&found);

	if (buffer && found != id) {
		p2pmem_buffer_put(buffer);
		return NULL;
	}
	return buffer;
}

/* ---- what is shown ---------------------------------------------------- */

static u32 buffer_state(const struct p2pmem_buffer *buffer)
{
	if (!buffer->inode)
		return P2PMEM_STATE_DRAINING;
	if (buffer->revoked)
		return P2PMEM_STATE_REVOKED;
	return buffer->notice ? P2PMEM_STATE_NOTICE : P2PMEM_STATE_LIVE;
}

/**
 * p2pmem_buffer_describe() - fills what is shown of a buffer to a caller
 * @buffer: the buffer
 * @info: filled, but for its size
 */
void p2pmem_buffer_describe(struct p2pmem_buffer *buffer,
			    struct p2pmem_buffer_info *info)
{
	info->id = buffer->id;
	info->length = p2pmem_buffer_length(buffer);
	memcpy(info->cookie, buffer->cookie, sizeof(info->cookie));
	info->provider = buffer->region->address;
	info->region = buffer->region->dev.id;
	info->caching = buffer->caching;
	info->uid = from_kuid_munged(current_user_ns(), buffer->uid);
	info->pid = pid_nr_ns(buffer->pid, task_active_pid_ns(current));

	down_read(&buffer->lock);
	info->state = buffer_state(buffer);
	info->pinned_pages =
		buffer->held ? p2pmem_memory_pinned(&buffer->memory) : 0;
	up_read(&buffer->lock);
}

/* ---- making one ------------------------------------------------------ */

static struct p2pmem_buffer *buffer_new(struct p2pmem_region *region,
					const struct p2pmem_alloc *request)
{
	struct p2pmem_buffer *buffer;

	buffer = kzalloc(sizeof(*buffer), GFP_KERNEL_ACCOUNT);
	if (!buffer)
		return NULL;
	kref_init(&buffer->ref);
	RB_CLEAR_NODE(&buffer->link);
	buffer->id = atomic64_inc_return(&last_id);
	p2pmem_region_get(region);
	buffer->region = region;
	memcpy(buffer->cookie, request->cookie, sizeof(buffer->cookie));
	buffer->caching = request->caching ?: P2PMEM_CACHING_WRITE_COMBINING;
	buffer->uid = current_uid();
	buffer->pid = get_pid(task_tgid(current));
	init_rwsem(&buffer->lock);
	init_waitqueue_head(&buffer->wait);
	p2pmem_buffer_init_reclaim(buffer);
	return buffer;
}

/*
 * Once published a buffer is found by revocation. Under the lock that says
 * whether the region is gone, so that none slips through.
 */
static int buffer_publish(struct p2pmem_buffer *buffer)
{
	struct p2pmem_region *region = buffer->region;
	int err = -ENODEV;

	down_read(&region->lock);
	if (!region->gone) {
		/* Before others find it and may bring it to its end. */
		buffer->handed_out = true;
		buffer_insert(buffer);
		err = 0;
	}
	up_read(&region->lock);
	return err;
}

static int buffer_fill(struct p2pmem_buffer *buffer, size_t length)
{
	int err;

	err = p2pmem_buffer_take_memory(buffer, length);
	if (err)
		return err;
	return p2pmem_memory_zero(&buffer->memory, &buffer->region->gone);
}

/**
 * p2pmem_buffer_create() - allocates a buffer
 * @region: where, its node open
 * @request: length, cookie and caching, checked
 *
 * Return: its file, not yet in any descriptor table, or an error pointer with
 * an errno of P2PMEM_REGION_ALLOC.
 */
struct file *p2pmem_buffer_create(struct p2pmem_region *region,
				  const struct p2pmem_alloc *request)
{
	struct p2pmem_buffer *buffer;
	struct file *file;
	int err;

	buffer = buffer_new(region, request);
	if (!buffer)
		return ERR_PTR(-ENOMEM);
	err = buffer_fill(buffer, request->length);
	if (err) {
		p2pmem_buffer_abandon(buffer);
		return ERR_PTR(err);
	}
	file = p2pmem_buffer_make_file(buffer);
	if (IS_ERR(file))
		return file;
	err = buffer_publish(buffer);
	if (err) {
		fput(file);
		return ERR_PTR(err);
	}
	return file;
}
