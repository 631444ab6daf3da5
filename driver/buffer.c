// SPDX-License-Identifier: GPL-2.0-only
/*
 * Buffers: allocations that are files. file.c makes the file; here is how the
 * memory comes and goes.
 *
 * A buffer's inode is its life: all opens, those through /proc/PID/fd
 * included, and all mappings lead to it, and its eviction is the moment when
 * nobody has the buffer any more. Its address space holds the mappings and
 * nothing else, so revocation is one unmap_mapping_range().
 *
 * The memory goes back to the pool when there is no inode any more, or access
 * was revoked, and no page is referred to by a transfer. That is tried at
 * once; if it fails, the reaper looks again, 1 to 64 ms apart.
 *
 * The inode is never referenced from here: whoever holds buffer->lock with
 * buffer->inode set holds up its eviction, and with it the end of the mount,
 * which an inode reference alone would not.
 *
 * The module stays as long as memory is out of the pool.
 */
#include <linux/cred.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/pid_namespace.h>
#include <linux/poll.h>
#include <linux/slab.h>
#include <linux/xarray.h>

#include "p2pmem.h"

#define FIRST_LOOK_MS 1U
#define LAST_LOOK_MS 64U

/* All buffers by id. An entry's reference is safe to take under xa_lock. */
static DEFINE_XARRAY(buffers);
static atomic64_t last_id;

static struct workqueue_struct *reaper;

static void buffer_free(struct kref *ref)
{
	struct p2pmem_buffer *buffer =
		container_of(ref, struct p2pmem_buffer, ref);

	xa_erase(&buffers, buffer->id);
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

/**
 * p2pmem_buffer_next() - finds a buffer by number
 * @id: in: the first number that will do; out: the one found
 *
 * Return: the buffer, referenced, or NULL if there is none from there on.
 */
struct p2pmem_buffer *p2pmem_buffer_next(u64 *id)
{
	struct p2pmem_buffer *buffer;
	unsigned long index = *id;

	xa_lock(&buffers);
	buffer = xa_find(&buffers, &index, ULONG_MAX, XA_PRESENT);
	/* The last reference may be on its way to erase the entry. */
	while (buffer && !kref_get_unless_zero(&buffer->ref))
		buffer = xa_find_after(&buffers, &index, ULONG_MAX, XA_PRESENT);
	xa_unlock(&buffers);
	*id = index;
	return buffer;
}

/* ---- memory out of the pool ------------------------------------------ */

static int take_memory(struct p2pmem_buffer *buffer, size_t length)
{
	struct p2pmem_region *region = buffer->region;
	int err;

	if (region->gone)
		return -ENODEV;
	err = p2pmem_memory_take(&buffer->memory, region->pdev, length);
	if (err)
		return err;
	p2pmem_region_charge(region, length);
	buffer->held = true;
	kref_get(&buffer->ref);
	__module_get(THIS_MODULE);
	return 0;
}

/* The provider stays while its pool is asked. */
static int buffer_take_memory(struct p2pmem_buffer *buffer, size_t length)
{
	struct p2pmem_region *region = buffer->region;
	int err;

	if (down_read_killable(&region->lock))
		return -EINTR;
	err = take_memory(buffer, length);
	up_read(&region->lock);
	return err;
}

/* Return: true if this very call gave the memory back. */
static bool buffer_give_back(struct p2pmem_buffer *buffer)
{
	bool done = false;

	down_write(&buffer->lock);
	if (buffer->held && (buffer->revoked || !buffer->inode))
		done = p2pmem_memory_give_back(&buffer->memory);
	if (done) {
		buffer->held = false;
		p2pmem_region_uncharge(buffer->region,
				       p2pmem_buffer_length(buffer),
				       buffer->draining);
	}
	up_write(&buffer->lock);
	return done;
}

static void buffer_look_later(struct p2pmem_buffer *buffer, unsigned int delay)
{
	kref_get(&buffer->ref);
	if (!queue_delayed_work(reaper, &buffer->reap, msecs_to_jiffies(delay)))
		p2pmem_buffer_put(buffer);
}

/* Gives the memory back, now or as soon as transfers have let go of it. */
static void buffer_reclaim(struct p2pmem_buffer *buffer, unsigned int delay)
{
	if (buffer_give_back(buffer)) {
		p2pmem_buffer_put(buffer);
		module_put(THIS_MODULE);
	} else if (READ_ONCE(buffer->held)) {
		buffer_look_later(buffer, delay);
	}
}

static void buffer_reap(struct work_struct *work)
{
	struct p2pmem_buffer *buffer =
		container_of(to_delayed_work(work), struct p2pmem_buffer, reap);

	buffer->delay = min(2 * buffer->delay, LAST_LOOK_MS);
	buffer_reclaim(buffer, buffer->delay);
	p2pmem_buffer_put(buffer);
}

/**
 * p2pmem_buffer_abandon() - lets go of a buffer that has no inode any more
 * @buffer: the buffer; drops the reference of its inode, or its maker's
 */
void p2pmem_buffer_abandon(struct p2pmem_buffer *buffer)
{
	down_write(&buffer->lock);
	buffer->inode = NULL;
	if (buffer->held) {
		buffer->draining = true;
		p2pmem_region_drain(buffer->region,
				    p2pmem_buffer_length(buffer));
	}
	up_write(&buffer->lock);

	buffer_reclaim(buffer, FIRST_LOOK_MS);
	p2pmem_buffer_put(buffer);
}

/**
 * p2pmem_buffer_revoke() - ends all access to a buffer, for good
 * @buffer: the buffer
 *
 * Transfers that have begun go on, and hold the memory until they end.
 */
void p2pmem_buffer_revoke(struct p2pmem_buffer *buffer)
{
	down_write(&buffer->lock);
	buffer->revoked = true;
	if (buffer->inode)
		unmap_mapping_range(buffer->inode->i_mapping, 0, 0, 1);
	up_write(&buffer->lock);

	wake_up_poll(&buffer->wait, EPOLLHUP);
	buffer_reclaim(buffer, FIRST_LOOK_MS);
}

/* ---- what is shown ---------------------------------------------------- */

static u32 buffer_state(const struct p2pmem_buffer *buffer)
{
	if (!buffer->inode)
		return P2PMEM_STATE_DRAINING;
	return buffer->revoked ? P2PMEM_STATE_REVOKED : P2PMEM_STATE_LIVE;
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
	p2pmem_pci_address_of(buffer->region->pdev, &info->provider);
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
	buffer->id = atomic64_inc_return(&last_id);
	p2pmem_region_get(region);
	buffer->region = region;
	memcpy(buffer->cookie, request->cookie, sizeof(buffer->cookie));
	buffer->caching = request->caching ?: P2PMEM_CACHING_WRITE_COMBINING;
	buffer->uid = current_uid();
	buffer->pid = get_pid(task_tgid(current));
	init_rwsem(&buffer->lock);
	init_waitqueue_head(&buffer->wait);
	INIT_DELAYED_WORK(&buffer->reap, buffer_reap);
	buffer->delay = FIRST_LOOK_MS;
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
	if (!region->gone)
		err = xa_insert(&buffers, buffer->id, buffer,
				GFP_KERNEL_ACCOUNT);
	up_read(&region->lock);
	return err;
}

static int buffer_fill(struct p2pmem_buffer *buffer, size_t length)
{
	int err;

	err = buffer_take_memory(buffer, length);
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

/* ---- the whole ------------------------------------------------------- */

/**
 * p2pmem_buffers_init() - starts the reaper
 */
int p2pmem_buffers_init(void)
{
	reaper = alloc_workqueue("p2pmem", WQ_UNBOUND, 0);
	return reaper ? 0 : -ENOMEM;
}

/**
 * p2pmem_buffers_exit() - waits for the reaper's last steps
 */
void p2pmem_buffers_exit(void)
{
	destroy_workqueue(reaper);
}
