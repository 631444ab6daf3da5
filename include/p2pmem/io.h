/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * libp2pmem: direct I/O through a buffer, with an honest account of it.
 *
 * Linux answers many a transfer with a copy by the CPU where it cannot do what
 * was asked for, and tells nobody. The functions below refuse what would end
 * that way, keep several transfers in flight, and count the bytes that they
 * submitted by the path that these took.
 *
 *	struct p2pmem_io *io;
 *	struct p2pmem_io_options options = {
 *		.struct_size = sizeof(options),
 *		.buffer = buffer,
 *		.queue_depth = 8,
 *	};
 *	struct p2pmem_io_copy_options copy = {
 *		.struct_size = sizeof(copy),
 *		.length = 1 << 30,
 *	};
 *
 *	r = p2pmem_io_new(&options, &io);
 *	r = p2pmem_io_attach(io, src_fd, "source", &copy.src);
 *	r = p2pmem_io_attach(io, dst_fd, "destination", &copy.dst);
 *	r = p2pmem_io_copy(io, &copy);
 *	if (r < 0)
 *		fprintf(stderr, "%s (%" PRIu64 " bytes are through)\n",
 *			p2pmem_io_errmsg(io), p2pmem_io_done(io));
 *	p2pmem_io_free(io);
 *
 * The conventions are those of libp2pmem.h: negative errno, results on success
 * only, one thread at a time for a handle. The transfers are made by io_uring,
 * and by preadv() and pwritev() where that is not to be had, as in many
 * containers; p2pmem_io_get_engine() says which it is.
 */
#ifndef P2PMEM_IO_H
#define P2PMEM_IO_H

#include <stddef.h>
#include <stdint.h>

#include <p2pmem/libp2pmem.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Memory that transfers go through, and the transfers that are in flight. */
struct p2pmem_io;

/* A descriptor that was found fit for direct I/O. */
struct p2pmem_io_file;

/* How transfers are handed to the kernel. */
enum p2pmem_io_engine {
	P2PMEM_IO_ENGINE_ANY = 0, /* the first of these that is to be had */
	P2PMEM_IO_ENGINE_URING = 1, /* io_uring: as many in flight as the queue is deep */
	P2PMEM_IO_ENGINE_SYNC = 2, /* preadv(), pwritev(): one after the other */
};

/* The most transfers that one handle keeps in flight. */
#define P2PMEM_IO_QUEUE_DEPTH_MAX 1024

/**
 * struct p2pmem_io_options - argument of p2pmem_io_new()
 * @struct_size: sizeof(struct p2pmem_io_options)
 * @buffer: what transfers go through; it is mapped, and must stay until the
 *          handle is freed
 * @memory: instead of a buffer: memory of the caller's own, page-aligned,
 *          which counts as host memory
 * @memory_size: bytes of @memory
 * @queue_depth: transfers in flight at a time; 0: 8; at most
 *               %P2PMEM_IO_QUEUE_DEPTH_MAX
 * @engine: zero, or the one that it has to be
 */
struct p2pmem_io_options {
	size_t struct_size;
	struct p2pmem_buffer *buffer;
	void *memory;
	size_t memory_size;
	unsigned int queue_depth;
	enum p2pmem_io_engine engine;
};

/**
 * p2pmem_io_new - make a handle for transfers through a buffer
 * @options: through what, and how
 * @ret: the handle; free it with p2pmem_io_free()
 *
 * -EINVAL  struct_size is too small, unknown members are not zero, not one of
 *          @buffer and @memory is set, or @memory is not aligned
 * -ENOMEM
 * Errors of mmap(2) for the buffer, and of io_uring_setup(2) where io_uring is
 * asked for by name. Since 0.1.
 */
int p2pmem_io_new(const struct p2pmem_io_options *options, struct p2pmem_io **ret);

/**
 * p2pmem_io_free - wait for what is in flight, and free the handle
 * @io: handle or NULL
 *
 * Its files go with it; their descriptors stay open. Since 0.1.
 */
void p2pmem_io_free(struct p2pmem_io *io);

/**
 * p2pmem_io_get_engine - which engine is in use
 * @io: handle
 *
 * Never %P2PMEM_IO_ENGINE_ANY. Since 0.1.
 */
enum p2pmem_io_engine p2pmem_io_get_engine(const struct p2pmem_io *io);

/**
 * p2pmem_io_engine_name - the word for an engine
 * @engine: any value
 *
 * "io_uring", "preadv", or "unknown" for everything else. Static. Since 0.1.
 */
const char *p2pmem_io_engine_name(enum p2pmem_io_engine engine);

/**
 * p2pmem_io_engine_reason - why io_uring is not in use
 * @io: handle
 *
 * The negative errno with which the kernel refused it, like -EPERM where a
 * container or kernel.io_uring_disabled forbids it; 0 if it is in use, or was
 * not asked for. Since 0.1.
 */
int p2pmem_io_engine_reason(const struct p2pmem_io *io);

/**
 * p2pmem_io_memory - the memory that transfers go through
 * @io: handle
 *
 * Page-aligned. Owned by the buffer, or by the caller. Since 0.1.
 */
void *p2pmem_io_memory(const struct p2pmem_io *io);

/**
 * p2pmem_io_memory_size - bytes of that memory
 * @io: handle
 *
 * Since 0.1.
 */
size_t p2pmem_io_memory_size(const struct p2pmem_io *io);

/**
 * p2pmem_io_queue_depth - how many transfers can be in flight
 * @io: handle
 *
 * Since 0.1.
 */
unsigned int p2pmem_io_queue_depth(const struct p2pmem_io *io);

/* ---- files ------------------------------------------------------------ */

/**
 * p2pmem_io_attach - check a descriptor, and make it known to a handle
 * @io: handle
 * @fd: block device or regular file, open for direct I/O; not closed, and to
 *      be kept open as long as the handle lives
 * @name: what to call it in messages; NULL: what it was opened as
 * @ret: the file; it goes with the handle
 *
 * -EINVAL      the descriptor was opened without O_DIRECT, or a file for
 *              writing with O_APPEND, which would not write where it is told
 * -EOPNOTSUPP  a file whose data would go through the page cache, or that is
 *              on no block device
 * -ENOTBLK     neither block device nor regular file
 * -EBADF       the descriptor is not open
 * -ENOMEM
 * p2pmem_io_errmsg() says more. What is about the file system is asked of P2P
 * memory only: host memory is not in the way of a copy by the CPU. Since 0.1.
 */
int p2pmem_io_attach(struct p2pmem_io *io, int fd, const char *name, struct p2pmem_io_file **ret);

/**
 * p2pmem_io_file_align - what offsets and lengths have to be multiples of
 * @file: file
 *
 * A power of two: the logical block size of a device, or what the file system
 * asks for. Places in memory are to be multiples of it, too. Since 0.1.
 */
size_t p2pmem_io_file_align(const struct p2pmem_io_file *file);

/**
 * p2pmem_io_file_size - bytes of a device or file, when it was attached
 * @file: file
 *
 * Since 0.1.
 */
uint64_t p2pmem_io_file_size(const struct p2pmem_io_file *file);

/* ---- whole ranges ------------------------------------------------------ */

/*
 * The three functions below keep the queue full, go on after transfers that
 * fell short, and return when nothing is in flight any more. p2pmem_io_done()
 * says how far they came, p2pmem_io_last_failure() what failed.
 *
 * -EINVAL      an offset, a length or a place in memory is not aligned, or
 *              beyond the memory; or the kernel refuses the path between memory
 *              and device, as in struct p2pmem_io_failure
 * -EREMOTEIO   a layer of the device does not take P2P memory
 * -EFAULT      the buffer was revoked
 * -ENODEV      the device was removed
 * -ECANCELED   p2pmem_io_cancel() was called
 * -EBUSY       transfers of p2pmem_io_submit_read() or _write() are in flight
 * -EIO         the device failed; also where it cannot read its medium, for
 *              which pread(2) has ENODATA
 * Other errors of pread(2) and pwrite(2).
 */

/**
 * p2pmem_io_read - read a range into memory
 * @io: handle
 * @file: from where
 * @offset: in the file
 * @length: bytes
 * @place: where in the memory, in bytes from its beginning
 *
 * Returns how many bytes were read: fewer than @length at the end of the file
 * only. Since 0.1.
 */
int64_t p2pmem_io_read(struct p2pmem_io *io, struct p2pmem_io_file *file, uint64_t offset,
		       size_t length, size_t place);

/**
 * p2pmem_io_write - write a range from memory
 * @io: handle
 * @file: to where
 * @offset: in the file
 * @length: bytes
 * @place: where in the memory, in bytes from its beginning
 *
 * 0: all is written, which is not to say that it is on stable storage: see
 * fsync(2). Since 0.1.
 */
int p2pmem_io_write(struct p2pmem_io *io, struct p2pmem_io_file *file, uint64_t offset,
		    size_t length, size_t place);

/**
 * struct p2pmem_io_copy_options - argument of p2pmem_io_copy()
 * @struct_size: sizeof(struct p2pmem_io_copy_options)
 * @src: from where
 * @dst: to where
 * @src_offset: in @src, a multiple of what it has to be aligned to
 * @dst_offset: in @dst, likewise
 * @length: bytes; a multiple of the block of @dst, if that is a device
 * @block_size: bytes in one transfer, as far as the memory goes; 0: what both
 *              devices take in one piece, 64 KiB to 1 MiB
 * @truncate: not zero: a regular file as @dst ends where the copy ends
 * @sync: not zero: what was copied is on stable storage in the end, also if
 *        the copy is incomplete, unless that is what failed
 * @progress: called when more bytes are through, with p2pmem_io_done(); NULL
 * @userdata: for @progress
 *
 * A @length that ends within a block needs a file as @dst that is not longer
 * than that, or @truncate: the block is written padded with zeros, and the
 * file cut.
 */
struct p2pmem_io_copy_options {
	size_t struct_size;
	struct p2pmem_io_file *src;
	struct p2pmem_io_file *dst;
	uint64_t src_offset;
	uint64_t dst_offset;
	uint64_t length;
	size_t block_size;
	int truncate;
	int sync;
	void (*progress)(uint64_t done, void *userdata);
	void *userdata;
};

/**
 * p2pmem_io_copy - copy a range from one file to another through memory
 * @io: handle
 * @options: what, from where, to where
 *
 * Divides the memory among as many blocks as the queue is deep, and has each
 * of them read or written independently. @src and @dst must not overlap. After
 * a failure the first p2pmem_io_done() bytes of the range are written; of what
 * follows, some may be.
 *
 * -ENODATA  the source ended early
 * -EINVAL   also: struct_size is too small, unknown members are not zero, or
 *           the @length does not go with @dst
 * And as above. Since 0.1.
 */
int p2pmem_io_copy(struct p2pmem_io *io, const struct p2pmem_io_copy_options *options);

/**
 * p2pmem_io_done - how far the last call on a whole range came
 * @io: handle
 *
 * Bytes from the beginning of the range that are through, without a gap.
 * Since 0.1.
 */
uint64_t p2pmem_io_done(const struct p2pmem_io *io);

/**
 * p2pmem_io_cancel - end a call on a whole range early
 * @io: handle
 *
 * The call that is running, or the next one, starts no further transfer, waits
 * for those in flight, and returns -ECANCELED. May be called from any thread
 * and from signal handlers. Since 0.1.
 */
void p2pmem_io_cancel(struct p2pmem_io *io);

/* ---- one transfer at a time -------------------------------------------- */

/**
 * p2pmem_io_submit_read - queue one read
 * @io: handle
 * @file: from where
 * @offset: in the file
 * @length: bytes
 * @place: where in the memory, in bytes from its beginning
 * @userdata: what p2pmem_io_next() says of it
 *
 * It has started when p2pmem_io_next() is called, if not before.
 *
 * -EBUSY   as many are in flight as the queue is deep
 * -EINVAL  not aligned, or beyond the memory
 * Since 0.1.
 */
int p2pmem_io_submit_read(struct p2pmem_io *io, struct p2pmem_io_file *file, uint64_t offset,
			  size_t length, size_t place, void *userdata);

/**
 * p2pmem_io_submit_write - queue one write
 * @io: handle
 * @file: to where
 * @offset: in the file
 * @length: bytes
 * @place: where in the memory, in bytes from its beginning
 * @userdata: what p2pmem_io_next() says of it
 *
 * As p2pmem_io_submit_read(). Since 0.1.
 */
int p2pmem_io_submit_write(struct p2pmem_io *io, struct p2pmem_io_file *file, uint64_t offset,
			   size_t length, size_t place, void *userdata);

/**
 * p2pmem_io_next - wait until a transfer is complete
 * @io: handle
 * @ret_userdata: which it is
 * @ret_moved: bytes that it has moved, or negative errno; a read is shorter
 *             than asked for at the end of the file only
 *
 * 1: one is complete; 0: none is in flight. Errors of io_uring_enter(2).
 * Since 0.1.
 */
int p2pmem_io_next(struct p2pmem_io *io, void **ret_userdata, int64_t *ret_moved);

/* ---- accounts ---------------------------------------------------------- */

/**
 * struct p2pmem_io_counters - bytes that were submitted, by path
 * @peer_to_peer_read: into P2P memory
 * @peer_to_peer_written: from P2P memory
 * @host_memory_read: into host memory
 * @host_memory_written: from host memory
 *
 * As the kernel said that it moved them, what was moved twice counted twice.
 */
struct p2pmem_io_counters {
	uint64_t peer_to_peer_read;
	uint64_t peer_to_peer_written;
	uint64_t host_memory_read;
	uint64_t host_memory_written;
};

/**
 * p2pmem_io_get_counters - bytes since the handle was made
 * @io: handle
 *
 * Owned by the handle, and kept up to date. Since 0.1.
 */
const struct p2pmem_io_counters *p2pmem_io_get_counters(const struct p2pmem_io *io);

/* What can fail in a transfer. */
enum p2pmem_io_operation {
	P2PMEM_IO_READ = 1,
	P2PMEM_IO_WRITE = 2,
	P2PMEM_IO_SYNC = 3, /* fsync() */
	P2PMEM_IO_TRUNCATE = 4, /* ftruncate() */
};

/**
 * struct p2pmem_io_failure - which transfer failed
 * @operation: what was tried
 * @fd: on which descriptor
 * @name: what that is called
 * @offset: where in the file
 * @error: negative errno, as the kernel said it
 */
struct p2pmem_io_failure {
	enum p2pmem_io_operation operation;
	int fd;
	const char *name;
	uint64_t offset;
	int error;
};

/**
 * p2pmem_io_last_failure - which transfer it was that failed
 * @io: handle
 *
 * NULL if the last call did not fail, or not because of a transfer: the
 * arguments were wrong then. Of several that failed, the one closest to the
 * beginning. Owned by the handle, valid until its next use. Since 0.1.
 */
const struct p2pmem_io_failure *p2pmem_io_last_failure(const struct p2pmem_io *io);

/**
 * p2pmem_io_errmsg - a sentence about the last failure on a handle
 * @io: handle
 *
 * Never NULL. Owned by the handle, valid until its next use. Since 0.1.
 */
const char *p2pmem_io_errmsg(const struct p2pmem_io *io);

/**
 * p2pmem_io_error_remedy - what could be done about the last failure
 * @io: handle
 *
 * A sentence, or NULL. Owned by the handle, valid until its next use.
 * Since 0.1.
 */
const char *p2pmem_io_error_remedy(const struct p2pmem_io *io);

#ifdef __cplusplus
}
#endif

#endif /* P2PMEM_IO_H */
