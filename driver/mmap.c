// SPDX-License-Identifier: GPL-2.0-only
/*
 * CPU mappings of buffers.
 *
 * Pages are inserted by the fault handler alone, under buffer->lock, a page
 * table's worth at a time. Not in ->mmap: there the mapping is not yet where
 * unmap_mapping_range() looks for it, and a revocation at that moment would
 * leave access behind. O_DIRECT faults in what it is about to use.
 *
 * The handler inserts and reports VM_FAULT_NOPAGE. To return the page instead
 * would have the core insert it after the lock is dropped, past a revocation.
 */
#include <linux/file.h>
#include <linux/mm.h>

#include "p2pmem.h"
#include "trace.h"

#define INSERT_BATCH 32UL

/* Inserts @count pages from the @index-th on. */
static int insert_range(struct vm_area_struct *vma, unsigned long addr,
			const struct p2pmem_memory *memory, unsigned long index,
			unsigned long count)
{
	struct page *pages[INSERT_BATCH];
	unsigned long i, n, left;
	int err;

	for (; count; count -= n, index += n, addr += n << PAGE_SHIFT) {
		n = min(INSERT_BATCH, count);
		for (i = 0; i < n; i++)
			pages[i] = memory->pages + index + i;
		left = n;
		err = vm_insert_pages(vma, addr, pages, &left);
		if (err)
			return err;
	}
	return 0;
}

/* From the address of the fault to the end of the page table. */
static vm_fault_t insert_at_fault(struct vm_fault *vmf,
				  const struct p2pmem_memory *memory)
{
	struct vm_area_struct *vma = vmf->vma;
	unsigned long addr = vmf->address & PAGE_MASK;
	unsigned long end = pmd_addr_end(addr, vma->vm_end);
	int err;

	if (vmf->pgoff >= memory->nr_pages)
		return VM_FAULT_SIGBUS;
	err = insert_range(vma, addr, memory, vmf->pgoff,
			   (end - addr) >> PAGE_SHIFT);
	switch (err) {
	case 0:
	case -EBUSY: /* another fault was there first, here or further on */
		return VM_FAULT_NOPAGE;
	case -ENOMEM:
		return VM_FAULT_OOM;
	default:
		return VM_FAULT_SIGBUS;
	}
}

static vm_fault_t buffer_fault(struct vm_fault *vmf)
{
	struct p2pmem_buffer *buffer = p2pmem_buffer_of(vmf->vma->vm_file);
	vm_fault_t result = VM_FAULT_SIGBUS;

	down_read(&buffer->lock);
	if (!buffer->revoked)
		result = insert_at_fault(vmf, &buffer->memory);
	up_read(&buffer->lock);
	return result;
}

static const struct vm_operations_struct buffer_vm_ops = {
	.fault = buffer_fault,
};

/* What no mapping of P2P memory may be. */
static int check_mapping(const struct vm_area_struct *vma)
{
	if (!(vma->vm_flags & VM_MAYSHARE))
		return -EINVAL;
	if (vma->vm_flags & VM_EXEC)
		return -EPERM;
	return 0;
}

static pgprot_t protection(pgprot_t prot, u32 caching)
{
	if (caching == P2PMEM_CACHING_UNCACHED)
		return pgprot_noncached(prot);
	return pgprot_writecombine(prot);
}

/**
 * p2pmem_buffer_mmap() - maps a part of a buffer, page-aligned, shared
 * @file: the buffer
 * @vma: where
 */
int p2pmem_buffer_mmap(struct file *file, struct vm_area_struct *vma)
{
	struct p2pmem_buffer *buffer = p2pmem_buffer_of(file);
	unsigned long nr_pages = buffer->memory.nr_pages;
	int err;

	err = check_mapping(vma);
	if (err)
		return err;
	if (vma->vm_pgoff > nr_pages ||
	    vma_pages(vma) > nr_pages - vma->vm_pgoff)
		return -EINVAL;
	if (READ_ONCE(buffer->revoked))
		return -ENODEV;

	/* Random reads, as pages that reclaim never sees need no ageing. */
	vm_flags_mod(vma,
		     VM_MIXEDMAP | VM_DONTCOPY | VM_DONTEXPAND | VM_DONTDUMP |
			     VM_RAND_READ,
		     VM_MAYEXEC);
	vma->vm_page_prot = protection(vma->vm_page_prot, buffer->caching);
	vma->vm_ops = &buffer_vm_ops;
	trace_p2pmem_map(buffer, vma);
	return 0;
}

/**
 * p2pmem_region_mmap() - allocates a buffer and maps it
 * @file: the region's node
 * @vma: where, and how long
 *
 * The mapping is made one of the buffer's own file, which nothing else refers
 * to, so that the buffer lives exactly as long.
 */
int p2pmem_region_mmap(struct file *file, struct vm_area_struct *vma)
{
	struct p2pmem_region *region = file->private_data;
	struct p2pmem_alloc request = {
		.length = vma->vm_end - vma->vm_start,
	};
	struct file *buffer;
	int err;

	err = check_mapping(vma);
	if (err)
		return err;
	if (vma->vm_pgoff)
		return -EINVAL;

	buffer = p2pmem_buffer_create(region, &request);
	if (IS_ERR(buffer))
		return PTR_ERR(buffer);
	vma_set_file(vma, buffer);
	err = p2pmem_buffer_mmap(buffer, vma);
	fput(buffer);
	return err;
}
