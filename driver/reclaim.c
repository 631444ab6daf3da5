// SPDX-License-Identifier: GPL-2.0-only
/*
 * How memory comes to a buffer and leaves it.
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
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/poll.h>

#include "p2pmem.h"
#include "trace.h"

#define FIRST_LOOK_MS 1U
#define LAST_LOOK_MS 64U

static struct workqueue_struct *reaper;

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
	trace_p2pmem_alloc(buffer);
	return 0;
}

/**
 * p2pmem_buffer_take_memory() - takes memory out of the pool for a buffer
 * @buffer: the buffer, new
 * @length: bytes
 *
 * The provider stays while its pool is asked.
 */
int p2pmem_buffer_take_memory(struct p2pmem_buffer *buffer, size_t length)
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
		trace_p2pmem_free(buffer);
		if (buffer->handed_out)
			p2pmem_event_buffer(buffer, P2PMEM_EVENT_FREED);
	}
	up_write(&buffer->lock);
	return done;
}

static void buffer_look_later(struct p2pmem_buffer *buffer, unsigned int delay)
{
	trace_p2pmem_drain(buffer, delay);
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
 * p2pmem_buffer_give_notice() - asks those who have a buffer to give it back
 * @buffer: the buffer
 */
void p2pmem_buffer_give_notice(struct p2pmem_buffer *buffer)
{
	down_write(&buffer->lock);
	if (buffer->inode && !buffer->revoked && !buffer->notice) {
		buffer->notice = true;
		trace_p2pmem_revoke(buffer, true);
		p2pmem_event_buffer(buffer, P2PMEM_EVENT_NOTICE);
	}
	up_write(&buffer->lock);
	wake_up_poll(&buffer->wait, EPOLLPRI);
}

/* Once it returns no mapping is left, and no fault makes one again. */
static void end_access(struct p2pmem_buffer *buffer)
{
	WRITE_ONCE(buffer->revoked, true);
	unmap_mapping_range(buffer->inode->i_mapping, 0, 0, 1);
	trace_p2pmem_revoke(buffer, false);
	p2pmem_event_buffer(buffer, P2PMEM_EVENT_REVOKED);
}

/**
 * p2pmem_buffer_revoke() - ends all access to a buffer, for good
 * @buffer: the buffer
 *
 * Transfers that have begun go on, and hold the memory until they end.
 */
void p2pmem_buffer_revoke(struct p2pmem_buffer *buffer)
{
	bool ended = false;

	down_write(&buffer->lock);
	if (buffer->inode && !buffer->revoked) {
		end_access(buffer);
		ended = true;
	}
	up_write(&buffer->lock);
	if (!ended)
		return;

	wake_up_poll(&buffer->wait, EPOLLHUP);
	buffer_reclaim(buffer, FIRST_LOOK_MS);
}

/**
 * p2pmem_buffer_init_reclaim() - readies a new buffer for the reaper
 * @buffer: the buffer
 */
void p2pmem_buffer_init_reclaim(struct p2pmem_buffer *buffer)
{
	INIT_DELAYED_WORK(&buffer->reap, buffer_reap);
	buffer->delay = FIRST_LOOK_MS;
}

/**
 * p2pmem_reclaim_init() - starts the reaper
 */
int p2pmem_reclaim_init(void)
{
	reaper = alloc_workqueue("p2pmem", WQ_UNBOUND, 0);
	return reaper ? 0 : -ENOMEM;
}

/**
 * p2pmem_reclaim_exit() - waits for the reaper's last steps
 */
void p2pmem_reclaim_exit(void)
{
	destroy_workqueue(reaper);
}
