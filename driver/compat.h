/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What differs between kernels. The only file that tests versions, so that
 * the others read as if there were one kernel.
 */
#ifndef P2PMEM_COMPAT_H
#define P2PMEM_COMPAT_H

#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/version.h>

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 2, 0)
#error "p2pmem needs Linux 6.2 or newer: user mappings of P2P pages began there"
#endif

#ifndef CONFIG_64BIT
#error "p2pmem needs a 64-bit kernel, as PCI peer-to-peer DMA does"
#endif

/*
 * References that a free page of the pool counts. Not looked up in a page: one
 * that has just gone back to the pool may count less for a moment.
 */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 15, 0)
#define P2PMEM_RESTING_COUNT 1
#else
#define P2PMEM_RESTING_COUNT 0
#endif

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 3, 0)

/* The first argument of inode operations, which p2pmem passes over. */
#define mnt_idmap user_namespace

static inline void vm_flags_mod(struct vm_area_struct *vma, unsigned long set,
				unsigned long clear)
{
	vma->vm_flags = (vma->vm_flags | set) & ~clear;
}

#endif

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 7, 0)

static inline void simple_inode_init_ts(struct inode *inode)
{
	inode->i_atime = inode->i_mtime = current_time(inode);
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 6, 0)
	inode->i_ctime = inode->i_mtime;
#else
	inode_set_ctime_to_ts(inode, inode->i_mtime);
#endif
}

#endif

#endif
