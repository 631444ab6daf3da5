/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/*
 * p2pmem: peer-to-peer memory of PCI devices as file descriptors.
 *
 * This header is the specification of the kernel interface.
 *
 * Three kinds of file answer requests:
 *
 *   /dev/p2pmemN          one per region: the P2P memory of one PCI function
 *   /dev/p2pmem-control   what there is, which device can reach which region,
 *                         revocation, and, by read(), what happens
 *   a buffer              the descriptor that P2PMEM_REGION_ALLOC returns; it
 *                         can be mapped (MAP_SHARED), reopened through
 *                         /proc/PID/fd, passed on and stat'ed. Memory is lent
 *                         as long as an open file, a mapping or a transfer in
 *                         flight refers to it.
 *
 * mmap() of /dev/p2pmemN itself allocates a buffer of the length of the
 * mapping and maps it; the offset must be 0. The buffer lives as long as the
 * mapping.
 *
 * mmap() of a buffer takes any part of it. Of either it can return
 *
 *   EINVAL   MAP_PRIVATE was asked for, or what lies beyond the end of the
 *            buffer, or an offset into a node
 *   EPERM    PROT_EXEC was asked for
 *   ENODEV   the region is gone, or access to the buffer was revoked
 *   ENOMEM   as for P2PMEM_REGION_ALLOC
 *
 * What else memory management does with a mapping, of either kind:
 *
 *   fork()            the child has no mapping there. It has the descriptor
 *                     and can map it.
 *   MADV_DOFORK       EINVAL on newer kernels. Older ones (6.12) take it; the
 *                     child then shares the mapping, and the buffer is lent
 *                     until the child lets go of it as well.
 *   mremap()          moves a mapping and makes it smaller. To make it larger,
 *                     or a second one of it, is EFAULT; MREMAP_DONTUNMAP is
 *                     EINVAL.
 *   munmap()          of a part leaves the rest as it is.
 *   mprotect()        takes and gives back reading and writing; PROT_EXEC is
 *                     EACCES.
 *   MADV_DONTNEED     no effect on contents: the next access finds them.
 *   MADV_FREE, MADV_WIPEONFORK, MADV_DODUMP, MADV_MERGEABLE  EINVAL
 *   MADV_REMOVE       EOPNOTSUPP
 *   mlock()           EREMOTEIO; the memory never leaves its device anyhow.
 *   MAP_POPULATE      maps the first pages at most; the others are mapped as
 *                     they are touched.
 *   msync()           EINVAL with MS_SYNC: there is nothing behind the memory.
 *   core dumps        leave it out.
 *   long-term pins    EREMOTEIO: io_uring's registered buffers, RDMA, VFIO.
 *
 * On a buffer's descriptor read() and write() are EINVAL, fallocate() is
 * EOPNOTSUPP, and changes of attributes, like chmod() and ftruncate(), are
 * EPERM.
 *
 * When a region goes, because its provider is unbound or removed, access to
 * its buffers is revoked, as by P2PMEM_CONTROL_REVOKE: accesses raise SIGBUS,
 * transfers that have not begun fail with EFAULT, and poll() on the buffer
 * reports POLLHUP from then on. A reset of the provider that its driver makes
 * without being unbound, as one of an NVMe controller, tells nobody: buffers
 * stay, and their contents are undefined after it. Where the provider is bound
 * to p2pmem-bar, its region goes before a reset and another comes after it.
 *
 * Every request takes a pointer to a structure that begins with its own size
 * in bytes, as the caller knows it. Structures only ever grow at the end. The
 * kernel reads a shorter one as if the rest were zero, and a longer one as
 * long as the bytes that it does not know are zero. It writes no more than
 * the caller's size. Reserved members and unknown flag bits must be zero.
 *
 * Errors that every request can return:
 *
 *   ENOTTY   the file does not know the request
 *   EINVAL   the size is smaller than that of the first release, a reserved
 *            member is not zero, or a flag is not known
 *   E2BIG    bytes beyond what this kernel knows are not zero
 *   EFAULT   the structure cannot be read or written. It may be in a mapping
 *            of peer-to-peer memory, where that is as slow as any access by
 *            the CPU, and fails this way once access to it is revoked.
 *   EINTR    a signal arrived first; nothing was done
 *
 * What else each request can return is said beside it.
 *
 * All members are little words of fixed width in the byte order of the
 * machine; there is no padding, so that 32-bit programs use the same layout.
 * Peer-to-peer DMA itself exists on 64-bit kernels only.
 */
#ifndef _UAPI_LINUX_P2PMEM_H
#define _UAPI_LINUX_P2PMEM_H

#include <linux/ioctl.h>
#include <linux/types.h>

/*
 * Raised when a request is added. Requests and structures of earlier
 * versions stay valid. Since 1.
 */
#define P2PMEM_ABI_VERSION 1

#define P2PMEM_IOC_TYPE 0xb9

/* What fstatfs() has as f_type of a buffer, and of nothing else. Since 1. */
#define P2PMEM_FS_MAGIC 0x7032706d

#define P2PMEM_COOKIE_SIZE 16

/**
 * struct p2pmem_pci_address - a PCI function
 * @domain: PCI domain (segment)
 * @bus: bus number
 * @devfn: device number in bits 7..3, function number in bits 2..0
 * @reserved: zero
 */
struct p2pmem_pci_address {
	__u32 domain;
	__u8 bus;
	__u8 devfn;
	__u16 reserved;
};

/* How a buffer, or a mapping made through a region's node, is cached. */
enum p2pmem_caching {
	P2PMEM_CACHING_DEFAULT = 0, /* in requests: write-combining */
	P2PMEM_CACHING_WRITE_COMBINING = 1,
	P2PMEM_CACHING_UNCACHED = 2,
};

/* What becomes of a buffer. */
enum p2pmem_state {
	P2PMEM_STATE_LIVE = 1, /* in use */
	P2PMEM_STATE_NOTICE = 2, /* in use, and asked to be given back */
	P2PMEM_STATE_REVOKED = 3, /* no longer accessible; somebody has it */
	P2PMEM_STATE_DRAINING = 4, /* nobody has it; transfers are in flight */
};

/* Whether the DMA of a client function reaches the memory of a provider. */
enum p2pmem_verdict {
	P2PMEM_VERDICT_UNKNOWN = 0,
	P2PMEM_VERDICT_UNSUPPORTED = 1,
	P2PMEM_VERDICT_BRIDGE = 2, /* through an allow-listed host bridge */
	P2PMEM_VERDICT_BUS = 3, /* behind a common switch, by bus address */
};

/* ---- /dev/p2pmemN ---------------------------------------------------- */

/**
 * struct p2pmem_region_info - argument of P2PMEM_REGION_INFO
 * @size: in: size of this structure
 * @abi_version: out: %P2PMEM_ABI_VERSION of the driver
 * @region: out: N of /dev/p2pmemN
 * @granule: out: allocation unit in bytes (the page size)
 * @provider: out: the PCI function whose memory this is
 * @allocated: out: bytes in buffers that somebody has, revoked ones included
 * @draining: out: bytes that nobody has any more, with transfers in flight
 * @buffers: out: number of buffers behind @allocated and @draining
 * @numa_node: out: node the provider is near to, or -1
 *
 * A revoked buffer no longer counts once its memory is back in the pool.
 * The region's size and free room are those of the provider's pool, which
 * others share: see its sysfs attributes p2pmem/size and p2pmem/available.
 *
 * ENODEV  the region is gone
 */
struct p2pmem_region_info {
	__u32 size;
	__u32 abi_version;
	__u32 region;
	__u32 granule;
	struct p2pmem_pci_address provider;
	__u64 allocated;
	__u64 draining;
	__u32 buffers;
	__s32 numa_node;
};

/**
 * struct p2pmem_alloc - argument of P2PMEM_REGION_ALLOC
 * @size: in: size of this structure
 * @flags: in: zero
 * @length: in: bytes wanted, a multiple of the granule
 * @cookie: in: recorded with the buffer and shown by P2PMEM_CONTROL_LIST,
 *          for whoever brokers buffers
 * @caching: in: enum p2pmem_caching of CPU mappings
 * @fd: out: the buffer, close-on-exec, open for reading and writing
 * @id: out: number of the buffer, not used again while the module is loaded
 *
 * The memory reads as zeros.
 *
 * ENOMEM  the region has no free extent of that length
 * ENODEV  the region is gone (its provider was unbound or removed)
 * EINVAL  length is 0 or no multiple of the granule
 * EMFILE, ENFILE  too many open files
 */
struct p2pmem_alloc {
	__u32 size;
	__u32 flags;
	__u64 length;
	__u8 cookie[P2PMEM_COOKIE_SIZE];
	__u32 caching;
	__s32 fd;
	__u64 id;
};

/* ---- a buffer -------------------------------------------------------- */

/**
 * struct p2pmem_buffer_info - argument of P2PMEM_BUFFER_INFO
 * @size: in: size of this structure
 * @state: out: enum p2pmem_state
 * @id: out: number of the buffer
 * @length: out: bytes
 * @cookie: out: as given at allocation; zero for mmap() of a node
 * @provider: out: the PCI function whose memory this is
 * @region: out: N of /dev/p2pmemN
 * @caching: out: enum p2pmem_caching
 * @uid: out: user that allocated it, in the caller's user namespace
 * @pid: out: process that allocated it, in the caller's PID namespace, 0 if
 *       it is not visible there
 * @pinned_pages: out: pages that something beside the driver and mappings
 *                holds at this moment; a snapshot
 */
struct p2pmem_buffer_info {
	__u32 size;
	__u32 state;
	__u64 id;
	__u64 length;
	__u8 cookie[P2PMEM_COOKIE_SIZE];
	struct p2pmem_pci_address provider;
	__u32 region;
	__u32 caching;
	__u32 uid;
	__s32 pid;
	__u64 pinned_pages;
};

/* ---- /dev/p2pmem-control --------------------------------------------- */

/**
 * struct p2pmem_list - argument of P2PMEM_CONTROL_LIST_*
 * @size: in: size of this structure
 * @entry_size: in: size of one entry as the caller knows it
 * @entries: in: address of an array of @capacity entries, each of @entry_size
 *           bytes; what the kernel does not know of an entry is zeroed
 * @capacity: in: entries there is room for
 * @count: out: entries written
 * @start: in: the first id that is of interest; to go on, the last one
 *         received plus 1. Entries come in ascending order.
 *
 * The list is complete when @count is less than @capacity. Buffers and
 * regions that come or go between two calls may or may not be seen; the
 * others are seen once.
 *
 * EINVAL  entry_size is smaller than in the first release, or capacity is 0
 * E2BIG   entry_size is larger than a page
 */
struct p2pmem_list {
	__u32 size;
	__u32 entry_size;
	__u64 entries;
	__u32 capacity;
	__u32 count;
	__u64 start;
};

/*
 * P2PMEM_CONTROL_LIST_BUFFERS fills struct p2pmem_buffer_info, by @id,
 * P2PMEM_CONTROL_LIST_REGIONS struct p2pmem_region_info, by @region.
 * @size in an entry is what the kernel filled.
 */

/* What a hop is. */
enum p2pmem_hop_kind {
	P2PMEM_HOP_ENDPOINT = 1,
	P2PMEM_HOP_DOWNSTREAM_PORT = 2, /* of a switch */
	P2PMEM_HOP_UPSTREAM_PORT = 3, /* of a switch */
	P2PMEM_HOP_ROOT_PORT = 4,
	P2PMEM_HOP_BRIDGE = 5, /* any other kind of bridge */
	P2PMEM_HOP_HOST_BRIDGE = 6,
};

#define P2PMEM_HOP_PROVIDER_SIDE (1U << 0) /* is the provider, or above it */
#define P2PMEM_HOP_CLIENT_SIDE (1U << 1) /* is the client, or above it */
#define P2PMEM_HOP_ACS (1U << 2) /* has the ACS capability */

/**
 * struct p2pmem_hop - a function between provider and client
 * @size: size of what the kernel knows of a hop
 * @kind: enum p2pmem_hop_kind
 * @address: the function; of a host bridge, the one it is known by
 * @vendor: vendor id, as in configuration space
 * @device: device id
 * @acs_capability: the ACS capability register, 0 without %P2PMEM_HOP_ACS
 * @acs_control: the ACS control register, 0 without %P2PMEM_HOP_ACS
 * @flags: P2PMEM_HOP_*
 * @reserved: zero
 *
 * The kernel knows a host bridge by the first function of its root bus, if
 * that is device 0, function 0, or a root port. Otherwise it does not know it,
 * and @vendor and @device are 0.
 */
struct p2pmem_hop {
	__u32 size;
	__u32 kind;
	struct p2pmem_pci_address address;
	__u16 vendor;
	__u16 device;
	__u16 acs_capability;
	__u16 acs_control;
	__u32 flags;
	__u32 reserved;
};

/**
 * struct p2pmem_query - argument of P2PMEM_CONTROL_QUERY
 * @size: in: size of this structure
 * @flags: in: zero
 * @provider: in: the function whose memory is to be reached
 * @client: in: the function that does the DMA
 * @distance: out: PCI hops between the two as the kernel counts them, -1 if
 *            the kernel refuses the pair
 * @verdict: out: enum p2pmem_verdict
 * @hops: in: address of an array of @hop_capacity entries, each of @hop_size
 *        bytes, for struct p2pmem_hop; what the kernel does not know of an
 *        entry is zeroed
 * @hop_size: in: size of one entry as the caller knows it
 * @hop_capacity: in: entries there is room for; 0 if they are not wanted
 * @hop_count: out: entries there are, of which at most @hop_capacity were
 *             written
 * @reserved: in: zero
 *
 * Asking also refreshes the verdict that the kernel keeps for the pair and
 * goes by at I/O time: a change of ACS bits is not noticed otherwise.
 *
 * The hops explain the verdict. The first is the provider, then come the
 * bridges above it and the host bridge. Then come the client and the bridges
 * above it, and its host bridge, as far as they are not among the first ones.
 * Those have both side flags. Requests turn at the first hop with both. If
 * that is no host bridge, and in no hop up to it, on either side, nor in
 * itself, @acs_control has Request Redirect (0x04), Completion Redirect (0x08)
 * or Egress Control (0x20), the verdict is %P2PMEM_VERDICT_BUS. Otherwise they
 * go up to the host bridges, which must be ones that the kernel knows to pass
 * them on, by vendor and device id or by the processor.
 *
 * ENODEV  there is no such function, or @provider has no P2P memory
 * EINVAL  @client is a bridge, or hop_size is smaller than in the first
 *         release while hop_capacity is not 0
 * E2BIG   hop_size is larger than a page
 * ENOMEM  no kernel memory
 */
struct p2pmem_query {
	__u32 size;
	__u32 flags;
	struct p2pmem_pci_address provider;
	struct p2pmem_pci_address client;
	__s32 distance;
	__u32 verdict;
	__u64 hops;
	__u32 hop_size;
	__u32 hop_capacity;
	__u32 hop_count;
	__u32 reserved;
};

/* P2PMEM_CONTROL_QUERY_BLOCK: what the queue of a block device takes. */
#define P2PMEM_BLOCK_P2P (1U << 0) /* requests made of P2P pages */

/**
 * struct p2pmem_query_block - argument of P2PMEM_CONTROL_QUERY_BLOCK
 * @size: in: size of this structure
 * @major: in: device number
 * @minor: in: device number
 * @flags: out: P2PMEM_BLOCK_*
 * @max_segments: out: most segments in one request
 * @max_bytes: out: largest request in bytes
 *
 * The device is found by number and not opened. Only its own queue is looked
 * at: a path from its PCI functions to a region is P2PMEM_CONTROL_QUERY's.
 *
 * ENODEV  there is no such block device
 */
struct p2pmem_query_block {
	__u32 size;
	__u32 major;
	__u32 minor;
	__u32 flags;
	__u32 max_segments;
	__u32 max_bytes;
};

/* P2PMEM_CONTROL_REVOKE: what is to be done. */
#define P2PMEM_REVOKE_NOTICE (1U << 0) /* give notice, and no more */

/**
 * struct p2pmem_revoke - argument of P2PMEM_CONTROL_REVOKE
 * @size: in: size of this structure
 * @flags: in: P2PMEM_REVOKE_*
 * @id: in: the buffer
 *
 * With %P2PMEM_REVOKE_NOTICE the buffer's state becomes %P2PMEM_STATE_NOTICE,
 * and poll() on it reports POLLPRI from then on: its holders are asked to give
 * it back, and nothing else changes.
 *
 * Without, access ends at once and for good, and the state becomes
 * %P2PMEM_STATE_REVOKED: mappings raise SIGBUS, new ones fail with ENODEV,
 * transfers that have not begun fail with EFAULT, and poll() reports POLLHUP,
 * not before that is so. Transfers in flight end as they would have; until
 * then the memory stays charged, and out of the pool.
 *
 * What has been done already, or is too late, because nobody has the buffer
 * any more, is no error.
 *
 * ENOENT  there is no such buffer
 */
struct p2pmem_revoke {
	__u32 size;
	__u32 flags;
	__u64 id;
};

/**
 * struct p2pmem_rescan - argument of P2PMEM_CONTROL_RESCAN
 * @size: in: size of this structure
 * @flags: in: zero
 *
 * Looks for functions that have P2P memory and no region yet. Regions come by
 * themselves when a driver is bound; one that brings out its memory later, for
 * instance at a reset of its controller, is found this way.
 *
 * EINTR  a signal arrived; what had been found by then has its region
 */
struct p2pmem_rescan {
	__u32 size;
	__u32 flags;
};

/* What struct p2pmem_event tells. */
enum p2pmem_event_type {
	P2PMEM_EVENT_FREED = 1, /* a buffer's memory is back in the pool */
	P2PMEM_EVENT_NOTICE = 2, /* a buffer was asked to be given back */
	P2PMEM_EVENT_REVOKED = 3, /* access to a buffer has ended */
	P2PMEM_EVENT_REGION_ADDED = 4, /* a region is there */
	P2PMEM_EVENT_REGION_GONE = 5, /* a region's provider is going */
	P2PMEM_EVENT_LOST = 6, /* @lost events were not kept */
};

/**
 * struct p2pmem_event - what read() of /dev/p2pmem-control gives
 * @size: size of this event
 * @type: enum p2pmem_event_type; there may be more of them one day
 * @id: the buffer, or 0
 * @length: bytes of the buffer, or 0
 * @cookie: the buffer's, or zero
 * @provider: the PCI function that the buffer or region is of
 * @region: N of /dev/p2pmemN
 * @uid: user that allocated the buffer, in the reader's user namespace, or 0
 * @lost: events lost at this place, with %P2PMEM_EVENT_LOST only
 *
 * Each open file of the node has a queue of its own, which begins when it is
 * opened: whoever opens, lists and then reads misses nothing, and may be told
 * of what the list has already. Two descriptors of one open file share it.
 *
 * read() gives as many whole events as there are and fit, oldest first. They
 * may grow: step by @size, and read into no less than
 * %P2PMEM_EVENT_READ_SIZE bytes. Without any it waits, or fails with EAGAIN
 * if the file is non-blocking. poll() reports POLLIN while there are some.
 *
 * A queue keeps a few hundred events. When it is full, later ones are counted
 * and dropped, until those before them have been read: then one event says how
 * many were lost, and whoever needs to know lists again.
 *
 * A buffer's events come in the order notice, revoked, freed; freed comes last
 * and once, for each buffer that was handed out.
 *
 * EINVAL  the read is too short for one event
 * EAGAIN  there is none, and the file is non-blocking
 * EINTR   a signal arrived first
 * EFAULT  the memory cannot be written; the events stay
 */
struct p2pmem_event {
	__u32 size;
	__u32 type;
	__u64 id;
	__u64 length;
	__u8 cookie[P2PMEM_COOKIE_SIZE];
	struct p2pmem_pci_address provider;
	__u32 region;
	__u32 uid;
	__u64 lost;
};

#define P2PMEM_EVENT_READ_SIZE 4096

/*
 * Numbers carry no size, so that they stay as they are when a structure
 * grows. Since 1 unless said otherwise.
 */
#define P2PMEM_REGION_INFO _IO(P2PMEM_IOC_TYPE, 0x00)
#define P2PMEM_REGION_ALLOC _IO(P2PMEM_IOC_TYPE, 0x01)

#define P2PMEM_BUFFER_INFO _IO(P2PMEM_IOC_TYPE, 0x20)
/* Reserved for an export as dma-buf: answers ENOTTY. */
#define P2PMEM_BUFFER_EXPORT _IO(P2PMEM_IOC_TYPE, 0x21)

#define P2PMEM_CONTROL_LIST_BUFFERS _IO(P2PMEM_IOC_TYPE, 0x40)
#define P2PMEM_CONTROL_LIST_REGIONS _IO(P2PMEM_IOC_TYPE, 0x41)
#define P2PMEM_CONTROL_QUERY _IO(P2PMEM_IOC_TYPE, 0x42)
#define P2PMEM_CONTROL_QUERY_BLOCK _IO(P2PMEM_IOC_TYPE, 0x43)
#define P2PMEM_CONTROL_REVOKE _IO(P2PMEM_IOC_TYPE, 0x44)
#define P2PMEM_CONTROL_RESCAN _IO(P2PMEM_IOC_TYPE, 0x45)

#endif /* _UAPI_LINUX_P2PMEM_H */
