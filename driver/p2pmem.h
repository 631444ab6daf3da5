/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the files of the driver share.
 *
 * Objects and who keeps them:
 *
 *   region   One provider, struct p2pmem_region. Its embedded device carries
 *            the reference count. It is made when a provider is found and
 *            taken out of use ("gone") when the provider's driver lets go;
 *            open nodes and buffers keep the object beyond that.
 *   buffer   One allocation, struct p2pmem_buffer. One reference belongs to
 *            its inode (so to all opens and mappings together), one to the
 *            memory as long as it is out of the pool, one to each queued
 *            look of the reaper. It refers to its region.
 *   memory   The extent of the pool behind a buffer, struct p2pmem_memory.
 *
 * Locks, outermost first:
 *
 *   device lock of the provider      (driver core, in the notifier)
 *   queue->reading                   one reader per queue of events, event.c
 *   mmap_lock                        (memory management, in mmap and faults)
 *   regions_lock                     list of regions, region.c
 *   region->lock                     reading: the provider stays
 *   buffer->lock                     state of the buffer; faults read it
 *   i_mmap_rwsem, page table locks   (memory management)
 *   buffers_lock                     tree of buffers, buffer.c
 *   region->charge_lock              counters
 *   queues_lock                      queues of events, event.c
 */
#ifndef P2PMEM_H
#define P2PMEM_H

#include <linux/cdev.h>
#include <linux/device.h>
#include <linux/kref.h>
#include <linux/list.h>
#include <linux/p2pmem.h>
#include <linux/pci.h>
#include <linux/rbtree_types.h>
#include <linux/rwsem.h>
#include <linux/spinlock.h>
#include <linux/wait.h>
#include <linux/workqueue.h>

#include "compat.h"

/**
 * struct p2pmem_region - the P2P memory of one PCI function
 * @dev: device of bus p2pmem below the provider; carries the references
 * @cdev: the node /dev/p2pmemN
 * @link: in the list of regions
 * @pdev: the provider, referenced
 * @address: of @pdev, which may outlive what says in which PCI domain it was
 * @lock: held for reading where @pdev must stay bound to its driver
 * @gone: the provider is going or gone; set once, under @lock
 * @charge_lock: protects the counters
 * @allocated: bytes in buffers that somebody has
 * @draining: bytes that only transfers in flight keep
 * @buffers: number of buffers behind both
 * @idle: woken when @buffers falls to 0
 */
struct p2pmem_region {
	struct device dev;
	struct cdev cdev;
	struct list_head link;
	struct pci_dev *pdev;
	struct p2pmem_pci_address address;
	struct rw_semaphore lock;
	bool gone;
	spinlock_t charge_lock;
	u64 allocated;
	u64 draining;
	u32 buffers;
	wait_queue_head_t idle;
};

/**
 * struct p2pmem_memory - an extent of a provider's pool
 * @pdev: the provider
 * @start: kernel address of the extent
 * @pages: its first page; the others follow
 * @nr_pages: pages in it
 * @frozen: pages, from the first, that nobody can refer to any more
 */
struct p2pmem_memory {
	struct pci_dev *pdev;
	void *start;
	struct page *pages;
	unsigned long nr_pages;
	unsigned long frozen;
};

/**
 * struct p2pmem_buffer - one allocation
 * @ref: references, see above
 * @link: in the tree of buffers, once published
 * @id: number, never used again
 * @region: where the memory is from, referenced
 * @cookie: as given at allocation
 * @caching: enum p2pmem_caching, never the default
 * @uid: who allocated it
 * @pid: which process did, referenced
 * @lock: protects the members that follow
 * @inode: set as long as the inode lives, not referenced
 * @handed_out: it was published, and so may have been seen
 * @notice: its holders were asked to give it back
 * @revoked: access has ended for good
 * @held: @memory is out of the pool
 * @draining: charged as draining
 * @memory: the pages
 * @wait: pollers
 * @reap: the reaper's next look
 * @delay: milliseconds until then
 */
struct p2pmem_buffer {
	struct kref ref;
	struct rb_node link;
	u64 id;
	struct p2pmem_region *region;
	u8 cookie[P2PMEM_COOKIE_SIZE];
	u32 caching;
	kuid_t uid;
	struct pid *pid;

	struct rw_semaphore lock;
	struct inode *inode;
	bool handed_out;
	bool notice;
	bool revoked;
	bool held;
	bool draining;
	struct p2pmem_memory memory;

	wait_queue_head_t wait;
	struct delayed_work reap;
	unsigned int delay;
};

static inline size_t p2pmem_buffer_length(const struct p2pmem_buffer *buffer)
{
	return buffer->memory.nr_pages << PAGE_SHIFT;
}

static inline void p2pmem_pci_address_of(const struct pci_dev *pdev,
					 struct p2pmem_pci_address *address)
{
	*address = (struct p2pmem_pci_address){
		.domain = pci_domain_nr(pdev->bus),
		.bus = pdev->bus->number,
		.devfn = pdev->devfn,
	};
}

/* region.c */
int p2pmem_regions_init(void);
void p2pmem_regions_exit(void);
struct p2pmem_region *p2pmem_region_create(struct pci_dev *pdev);
struct p2pmem_region *p2pmem_region_retire(struct pci_dev *pdev);
struct p2pmem_region *p2pmem_region_next(u32 *id);
struct p2pmem_region *
p2pmem_region_find(const struct p2pmem_pci_address *address);
void p2pmem_region_get(struct p2pmem_region *region);
void p2pmem_region_put(struct p2pmem_region *region);

/* charge.c */
void p2pmem_region_charge(struct p2pmem_region *region, u64 bytes);
void p2pmem_region_drain(struct p2pmem_region *region, u64 bytes);
void p2pmem_region_uncharge(struct p2pmem_region *region, u64 bytes,
			    bool draining);
void p2pmem_region_describe(struct p2pmem_region *region,
			    struct p2pmem_region_info *info);

/* provider.c */
int p2pmem_providers_init(void);
void p2pmem_providers_exit(void);
int p2pmem_providers_scan(void);
void p2pmem_provider_add(struct pci_dev *pdev);
void p2pmem_provider_remove(struct pci_dev *pdev);

/* event.c */
void p2pmem_event_region(const struct p2pmem_region *region,
			 enum p2pmem_event_type type);
void p2pmem_event_buffer(const struct p2pmem_buffer *buffer,
			 enum p2pmem_event_type type);
int p2pmem_events_open(struct file *file);
void p2pmem_events_close(struct file *file);
ssize_t p2pmem_events_read(struct file *file, char __user *to, size_t size,
			   loff_t *at);
__poll_t p2pmem_events_poll(struct file *file, struct poll_table_struct *table);

/* node.c */
extern const struct file_operations p2pmem_region_fops;

/* buffer.c */
struct file *p2pmem_buffer_create(struct p2pmem_region *region,
				  const struct p2pmem_alloc *request);
struct p2pmem_buffer *p2pmem_buffer_next(u64 *id);
struct p2pmem_buffer *p2pmem_buffer_find(u64 id);
void p2pmem_buffer_put(struct p2pmem_buffer *buffer);
void p2pmem_buffer_describe(struct p2pmem_buffer *buffer,
			    struct p2pmem_buffer_info *info);

/* reclaim.c */
int p2pmem_reclaim_init(void);
void p2pmem_reclaim_exit(void);
void p2pmem_buffer_init_reclaim(struct p2pmem_buffer *buffer);
int p2pmem_buffer_take_memory(struct p2pmem_buffer *buffer, size_t length);
void p2pmem_buffer_abandon(struct p2pmem_buffer *buffer);
void p2pmem_buffer_give_notice(struct p2pmem_buffer *buffer);
void p2pmem_buffer_revoke(struct p2pmem_buffer *buffer);

/* file.c */
int p2pmem_buffers_open(void);
void p2pmem_buffers_close(void);
struct file *p2pmem_buffer_make_file(struct p2pmem_buffer *buffer);
struct p2pmem_buffer *p2pmem_buffer_of(const struct file *file);

/* memory.c */
int p2pmem_memory_take(struct p2pmem_memory *memory, struct pci_dev *pdev,
		       size_t length);
int p2pmem_memory_zero(const struct p2pmem_memory *memory, const bool *stop);
bool p2pmem_memory_give_back(struct p2pmem_memory *memory);
u64 p2pmem_memory_pinned(const struct p2pmem_memory *memory);

/* mmap.c */
int p2pmem_buffer_mmap(struct file *file, struct vm_area_struct *vma);
int p2pmem_region_mmap(struct file *file, struct vm_area_struct *vma);

/* control.c */
int p2pmem_control_init(void);
void p2pmem_control_exit(void);

/* query.c */
struct p2pmem_call;
struct p2pmem_path;
int p2pmem_query(struct file *file, struct p2pmem_call *call);
enum p2pmem_verdict p2pmem_pair_verdict(struct pci_dev *provider,
					struct pci_dev *client,
					const struct p2pmem_path *path,
					int *ret_distance);
struct pci_dev *p2pmem_pci_function(const struct p2pmem_pci_address *address);

/* bar.c */
int p2pmem_bar_init(void);
void p2pmem_bar_exit(void);

/* sysfs.c */
extern const struct attribute_group *p2pmem_region_groups[];

/* selftest.c */
void p2pmem_selftest_init(void);
void p2pmem_selftest_exit(void);

/* block.c */
int p2pmem_query_block(struct file *file, struct p2pmem_call *call);

#endif
