// SPDX-License-Identifier: GPL-2.0-only
/*
 * The life of the pages behind a buffer.
 *
 * pci_alloc_p2pmem() takes one reference on the provider's page map for the
 * whole extent, but a page that falls to zero through put_page() goes back to
 * the pool alone and drops one of its own. So the driver holds one reference
 * on each page for the whole life of the buffer, and no page ever gets there.
 *
 * Mappings and transfers in flight hold further references. The extent is free
 * when each page is back at exactly one. Pages are frozen one by one from one
 * to zero, atomically, so that a look-up that comes late cannot take a page
 * any more; then the extent goes back in one piece. Once frozen a page stays
 * so: only the driver had it, nobody can come by it again, and the next look
 * goes on from there. Nothing tells us when a count falls back, hence the
 * reaper in buffer.c.
 *
 * A free page counts 0 references on newer kernels and 1 on older ones; what it
 * should is what is put back (P2PMEM_RESTING_COUNT).
 *
 * The provider's pool outlives the extent: its destruction waits for the page
 * map's references, ours among them.
 *
 * No locks here: the caller serialises (buffer->lock).
 */
#include <linux/mm.h>
#include <linux/page_ref.h>
#include <linux/pci-p2pdma.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/vmalloc.h>

#include "p2pmem.h"

#define ZERO_BATCH 512UL

/*
 * Makes the driver's reference of a page out of the pool. Where a free page
 * counts 1, that is it, and must not be written: the kernel puts a page that
 * comes back alone into the pool first and resets its count from 0 after that,
 * which would undo whatever we have counted meanwhile; so wait until it has.
 */
static void ready_count(struct page *page)
{
	if (!P2PMEM_RESTING_COUNT) {
		set_page_count(page, 1);
		return;
	}
	while (!page_ref_count(page))
		schedule_timeout_uninterruptible(1);
}

/**
 * p2pmem_memory_take() - takes an extent from a provider's pool
 * @memory: filled
 * @pdev: the provider, which the caller keeps bound
 * @length: bytes, a multiple of the page size
 *
 * Return: 0, or -ENOMEM if there is no free extent of that length.
 */
int p2pmem_memory_take(struct p2pmem_memory *memory, struct pci_dev *pdev,
		       size_t length)
{
	unsigned long i;
	void *start;

	start = pci_alloc_p2pmem(pdev, length);
	if (!start)
		return -ENOMEM;

	memory->pdev = pdev;
	memory->start = start;
	memory->pages = virt_to_page(start);
	memory->nr_pages = length >> PAGE_SHIFT;
	memory->frozen = 0;
	for (i = 0; i < memory->nr_pages; i++)
		ready_count(memory->pages + i);
	return 0;
}

/*
 * The kernel's own mapping of the pages is uncached, the slowest one for
 * stores. Through a write-combining alias they stream.
 */
static int zero_batch(struct page *pages, unsigned long count,
		      struct page **array)
{
	unsigned long i;
	void *alias;

	for (i = 0; i < count; i++)
		array[i] = pages + i;
	alias = vmap(array, count, VM_MAP, pgprot_writecombine(PAGE_KERNEL));
	if (!alias)
		return -ENOMEM;
	memset64(alias, 0, (count << PAGE_SHIFT) / sizeof(u64));
	wmb();
	vunmap(alias);
	return 0;
}

static int zero_all(const struct p2pmem_memory *memory, const bool *stop,
		    struct page **array)
{
	unsigned long done, count;
	int err;

	for (done = 0; done < memory->nr_pages; done += count) {
		if (READ_ONCE(*stop))
			return -ENODEV;
		if (fatal_signal_pending(current))
			return -EINTR;
		count = min(ZERO_BATCH, memory->nr_pages - done);
		err = zero_batch(memory->pages + done, count, array);
		if (err)
			return err;
		cond_resched();
	}
	return 0;
}

/**
 * p2pmem_memory_zero() - clears an extent
 * @memory: the extent
 * @stop: set by others when it is no longer worth while
 *
 * When it returns, the zeros have arrived: none can overtake, or overwrite,
 * what a device writes next.
 *
 * Return: 0, -ENODEV when stopped, -EINTR when killed, -ENOMEM.
 */
int p2pmem_memory_zero(const struct p2pmem_memory *memory, const bool *stop)
{
	struct page **array;
	u64 *last;
	int err;

	array = kmalloc_array(min(ZERO_BATCH, memory->nr_pages), sizeof(*array),
			      GFP_KERNEL);
	if (!array)
		return -ENOMEM;
	err = zero_all(memory, stop, array);
	kfree(array);
	if (err)
		return err;

	/* A read pushes the posted writes before it out to the device. */
	last = memory->start + (memory->nr_pages << PAGE_SHIFT) - sizeof(*last);
	(void)READ_ONCE(*last);
	return 0;
}

static void restore_counts(struct p2pmem_memory *memory)
{
	unsigned long i;

	if (!P2PMEM_RESTING_COUNT)
		return;
	for (i = 0; i < memory->nr_pages; i++)
		page_ref_unfreeze(memory->pages + i, P2PMEM_RESTING_COUNT);
}

/**
 * p2pmem_memory_give_back() - gives an extent back to the pool if it is free
 * @memory: the extent, which nobody can map any more
 *
 * Return: true if it is back, false if some page is still referred to; call
 * again later.
 */
bool p2pmem_memory_give_back(struct p2pmem_memory *memory)
{
	for (; memory->frozen < memory->nr_pages; memory->frozen++) {
		if (!page_ref_freeze(memory->pages + memory->frozen, 1))
			return false;
		cond_resched();
	}
	restore_counts(memory);
	pci_free_p2pmem(memory->pdev, memory->start,
			memory->nr_pages << PAGE_SHIFT);
	return true;
}

/**
 * p2pmem_memory_pinned() - counts the pages that transfers hold, a snapshot
 * @memory: the extent
 */
u64 p2pmem_memory_pinned(const struct p2pmem_memory *memory)
{
	unsigned long i;
	u64 pinned = 0;

	for (i = memory->frozen; i < memory->nr_pages; i++) {
		struct page *page = memory->pages + i;

		if (page_ref_count(page) > 1 + folio_mapcount(page_folio(page)))
			pinned++;
		cond_resched();
	}
	return pinned;
}
