// SPDX-License-Identifier: GPL-2.0-only
/*
 * Buffers as files.
 *
 * Each is an inode of its own, of a regular file, on a file system that nobody
 * can mount. It has no links, so it is evicted with its last reference, and
 * watches set on it end there.
 *
 * The mount is made when a region's node is opened and let go when the last
 * one is closed; files keep theirs beyond that, and the next open makes
 * another. A file drops its own reference on the module before its inode;
 * until the inode is gone, the mount keeps the module.
 */
#include <linux/cred.h>
#include <linux/fs.h>
#include <linux/module.h>
#include <linux/mount.h>
#include <linux/poll.h>
#include <linux/pseudo_fs.h>

#include "ioctl.h"
#include "p2pmem.h"

/* There as long as a region's node is open. */
static struct vfsmount *buffer_mount;
static int buffer_mount_users;

/**
 * p2pmem_buffer_of() - the buffer behind a file
 * @file: a file of ours
 */
struct p2pmem_buffer *p2pmem_buffer_of(const struct file *file)
{
	return file_inode(file)->i_private;
}

static int buffer_info(struct file *file, struct p2pmem_call *call)
{
	p2pmem_buffer_describe(p2pmem_buffer_of(file), &call->arg.buffer_info);
	return p2pmem_reply(call);
}

static const struct p2pmem_request buffer_requests[] = {
	P2PMEM_REQUEST(P2PMEM_BUFFER_INFO, p2pmem_buffer_info, pinned_pages,
		       buffer_info),
};

static long buffer_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	return p2pmem_dispatch(file, buffer_requests,
			       ARRAY_SIZE(buffer_requests), cmd, arg);
}

static __poll_t buffer_poll(struct file *file, poll_table *table)
{
	struct p2pmem_buffer *buffer = p2pmem_buffer_of(file);
	__poll_t events;

	poll_wait(file, &buffer->wait, table);
	/* Once EPOLLHUP is seen no mapping is left: not while one is ended. */
	down_read(&buffer->lock);
	events = (buffer->notice ? EPOLLPRI : 0) |
		 (buffer->revoked ? EPOLLHUP : 0);
	up_read(&buffer->lock);
	return events;
}

static const struct file_operations buffer_fops = {
	.owner = THIS_MODULE,
	.llseek = generic_file_llseek,
	.mmap = p2pmem_buffer_mmap,
	.poll = buffer_poll,
	.unlocked_ioctl = buffer_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
};

/* Size, mode and owner say what the buffer is: they are not for changing. */
static int buffer_setattr(struct mnt_idmap *idmap, struct dentry *dentry,
			  struct iattr *attr)
{
	return -EPERM;
}

static const struct inode_operations buffer_iops = {
	.setattr = buffer_setattr,
};

static void buffer_evict(struct inode *inode)
{
	truncate_inode_pages_final(&inode->i_data);
	clear_inode(inode);
	/* The root of the file system is no buffer. */
	if (inode->i_private)
		p2pmem_buffer_abandon(inode->i_private);
}

static const struct super_operations buffer_sops = {
	.statfs = simple_statfs,
	.evict_inode = buffer_evict,
};

static int buffer_fs_init(struct fs_context *context)
{
	struct pseudo_fs_context *pseudo;

	pseudo = init_pseudo(context, P2PMEM_FS_MAGIC);
	if (!pseudo)
		return -ENOMEM;
	pseudo->ops = &buffer_sops;
	/* Or programs for which all that is read is executable could not map. */
	context->s_iflags |= SB_I_NOEXEC;
	return 0;
}

static struct file_system_type buffer_fs = {
	.name = "p2pmem",
	.owner = THIS_MODULE,
	.init_fs_context = buffer_fs_init,
	.kill_sb = kill_anon_super,
};

/*
 * Anyone who comes by a descriptor may open it again, as with a memfd: the
 * inode belongs to whoever allocated, which need not be who uses it.
 */
static struct inode *buffer_make_inode(struct p2pmem_buffer *buffer)
{
	struct inode *inode = new_inode(buffer_mount->mnt_sb);

	if (!inode)
		return NULL;
	inode->i_ino = get_next_ino();
	inode->i_mode = S_IFREG | 0666;
	inode->i_uid = current_fsuid();
	inode->i_gid = current_fsgid();
	inode->i_flags |= S_NOATIME | S_NOCMTIME;
	inode->i_size = p2pmem_buffer_length(buffer);
	inode->i_op = &buffer_iops;
	inode->i_fop = &buffer_fops;
	inode->i_private = buffer;
	simple_inode_init_ts(inode);
	clear_nlink(inode);
	return inode;
}

/**
 * p2pmem_buffer_make_file() - makes the file of a buffer
 * @buffer: the buffer, with memory; the caller's reference passes to the inode
 *
 * When it fails the buffer is abandoned.
 */
struct file *p2pmem_buffer_make_file(struct p2pmem_buffer *buffer)
{
	struct inode *inode;
	struct file *file;

	inode = buffer_make_inode(buffer);
	if (!inode) {
		p2pmem_buffer_abandon(buffer);
		return ERR_PTR(-ENOMEM);
	}
	buffer->inode = inode;

	/* Closing drops a reference that alloc_file_pseudo() does not take. */
	__module_get(THIS_MODULE);
	file = alloc_file_pseudo(inode, buffer_mount, "p2pmem",
				 O_RDWR | O_CLOEXEC, &buffer_fops);
	if (IS_ERR(file)) {
		module_put(THIS_MODULE);
		iput(inode);
	}
	return file;
}

/**
 * p2pmem_buffers_open() - readies buffers for an open node
 */
int p2pmem_buffers_open(void)
{
	return simple_pin_fs(&buffer_fs, &buffer_mount, &buffer_mount_users);
}

/**
 * p2pmem_buffers_close() - undoes p2pmem_buffers_open()
 */
void p2pmem_buffers_close(void)
{
	simple_release_fs(&buffer_mount, &buffer_mount_users);
}
