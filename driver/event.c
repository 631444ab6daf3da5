// SPDX-License-Identifier: GPL-2.0-only
/*
 * Events: what becomes of buffers and regions, told to whoever has
 * /dev/p2pmem-control open.
 *
 * Each open file has a queue of its own, a ring of fixed size made when it is
 * opened, so that telling never allocates and never fails: memory is freed
 * whether or not anybody listens. When a ring is full, later events are
 * counted only. Counting goes on until what is in the ring has been read and
 * the count after it, so that the gap has one place in the order.
 *
 * queues_lock protects the list of queues and what is in them. It is the
 * innermost lock, taken in process context only. queue->reading serialises
 * readers of one file and is held while their memory is written: an event is
 * taken off the ring after it has arrived.
 */
#include <linux/cred.h>
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/poll.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "p2pmem.h"

#define QUEUE_LENGTH 512

/**
 * struct told - an event and what is translated for each reader
 * @event: the event, its uid not set
 * @uid: who allocated the buffer
 */
struct told {
	struct p2pmem_event event;
	kuid_t uid;
};

/**
 * struct queue - what an open file has not read yet
 * @link: in the list of queues
 * @reading: held by the reader
 * @wait: readers and pollers
 * @first: place of the oldest event in @ring
 * @count: events in @ring
 * @lost: events that came after those and were not kept
 * @ring: the events
 */
struct queue {
	struct list_head link;
	struct mutex reading;
	wait_queue_head_t wait;
	unsigned int first;
	unsigned int count;
	u64 lost;
	struct told ring[QUEUE_LENGTH];
};

static DEFINE_SPINLOCK(queues_lock);
static LIST_HEAD(queues);

/* ---- telling --------------------------------------------------------- */

static void queue_put(struct queue *queue, const struct told *told)
{
	if (queue->lost || queue->count == QUEUE_LENGTH) {
		queue->lost++;
	} else {
		queue->ring[(queue->first + queue->count) % QUEUE_LENGTH] =
			*told;
		queue->count++;
	}
	wake_up_interruptible_poll(&queue->wait, EPOLLIN | EPOLLRDNORM);
}

static void tell(const struct told *told)
{
	struct queue *queue;

	spin_lock(&queues_lock);
	list_for_each_entry(queue, &queues, link)
		queue_put(queue, told);
	spin_unlock(&queues_lock);
}

/**
 * p2pmem_event_region() - tells what becomes of a region
 * @region: the region
 * @type: what
 */
void p2pmem_event_region(const struct p2pmem_region *region,
			 enum p2pmem_event_type type)
{
	struct told told = {
		.event.size = sizeof(told.event),
		.event.type = type,
		.event.region = region->dev.id,
		.uid = GLOBAL_ROOT_UID,
	};

	told.event.provider = region->address;
	tell(&told);
}

/**
 * p2pmem_event_buffer() - tells what becomes of a buffer
 * @buffer: the buffer
 * @type: what
 *
 * Under buffer->lock, so that events come in the order of what they tell.
 */
void p2pmem_event_buffer(const struct p2pmem_buffer *buffer,
			 enum p2pmem_event_type type)
{
	struct told told = {
		.event.size = sizeof(told.event),
		.event.type = type,
		.event.id = buffer->id,
		.event.length = p2pmem_buffer_length(buffer),
		.event.region = buffer->region->dev.id,
		.uid = buffer->uid,
	};

	memcpy(told.event.cookie, buffer->cookie, sizeof(told.event.cookie));
	told.event.provider = buffer->region->address;
	tell(&told);
}

/* ---- listening ------------------------------------------------------- */

static bool queue_has_events(struct queue *queue)
{
	bool has;

	spin_lock(&queues_lock);
	has = queue->count || queue->lost;
	spin_unlock(&queues_lock);
	return has;
}

/* The oldest event, which stays; false if there is none. */
static bool queue_peek(struct queue *queue, struct told *told)
{
	bool found = true;

	spin_lock(&queues_lock);
	if (queue->count)
		*told = queue->ring[queue->first];
	else if (queue->lost)
		*told = (struct told){
			.event.size = sizeof(told->event),
			.event.type = P2PMEM_EVENT_LOST,
			.event.lost = queue->lost,
			.uid = GLOBAL_ROOT_UID,
		};
	else
		found = false;
	spin_unlock(&queues_lock);
	return found;
}

/* Takes off what was peeked at. More may have been lost since. */
static void queue_drop(struct queue *queue, const struct told *told)
{
	spin_lock(&queues_lock);
	if (told->event.type == P2PMEM_EVENT_LOST) {
		queue->lost -= told->event.lost;
	} else {
		queue->first = (queue->first + 1) % QUEUE_LENGTH;
		queue->count--;
	}
	spin_unlock(&queues_lock);
}

static ssize_t copy_events(struct queue *queue, char __user *to, size_t size)
{
	size_t done = 0;
	struct told told;

	while (size - done >= sizeof(told.event) && queue_peek(queue, &told)) {
		told.event.uid = from_kuid_munged(current_user_ns(), told.uid);
		if (copy_to_user(to + done, &told.event, sizeof(told.event)))
			return done ?: -EFAULT;
		queue_drop(queue, &told);
		done += sizeof(told.event);
	}
	return done;
}

/* Return: bytes, 0 if there are no events, or an errno. */
static ssize_t queue_read(struct queue *queue, char __user *to, size_t size)
{
	ssize_t n;

	if (mutex_lock_interruptible(&queue->reading))
		return -ERESTARTSYS;
	n = copy_events(queue, to, size);
	mutex_unlock(&queue->reading);
	return n;
}

/**
 * p2pmem_events_read() - ->read of the control node
 * @file: the control node
 * @to: where to
 * @size: how much, at most
 * @at: not used
 */
ssize_t p2pmem_events_read(struct file *file, char __user *to, size_t size,
			   loff_t *at)
{
	struct queue *queue = file->private_data;
	ssize_t n;

	if (size < sizeof(struct p2pmem_event))
		return -EINVAL;
	for (;;) {
		n = queue_read(queue, to, size);
		if (n)
			return n;
		if (file->f_flags & O_NONBLOCK)
			return -EAGAIN;
		if (wait_event_interruptible(queue->wait,
					     queue_has_events(queue)))
			return -ERESTARTSYS;
	}
}

/**
 * p2pmem_events_poll() - ->poll of the control node
 * @file: the control node
 * @table: who waits
 */
__poll_t p2pmem_events_poll(struct file *file, poll_table *table)
{
	struct queue *queue = file->private_data;

	poll_wait(file, &queue->wait, table);
	return queue_has_events(queue) ? EPOLLIN | EPOLLRDNORM : 0;
}

/**
 * p2pmem_events_open() - begins a queue
 * @file: the control node, opened
 */
int p2pmem_events_open(struct file *file)
{
	struct queue *queue = kvzalloc(sizeof(*queue), GFP_KERNEL_ACCOUNT);

	if (!queue)
		return -ENOMEM;
	mutex_init(&queue->reading);
	init_waitqueue_head(&queue->wait);
	file->private_data = queue;

	spin_lock(&queues_lock);
	list_add_tail(&queue->link, &queues);
	spin_unlock(&queues_lock);
	return 0;
}

/**
 * p2pmem_events_close() - ends a queue
 * @file: the control node, closed
 */
void p2pmem_events_close(struct file *file)
{
	struct queue *queue = file->private_data;

	spin_lock(&queues_lock);
	list_del(&queue->link);
	spin_unlock(&queues_lock);
	kvfree(queue);
}
