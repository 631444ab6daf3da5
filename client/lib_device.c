/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * From what a caller has in its own namespace to what the broker understands:
 * a device number or a PCI address.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "common/cleanup.h"
#include "common/json.h"
#include "common/pci.h"
#include "client/lib.h"
#include "client/mountinfo.h"

static int reference_by_number(dev_t device, struct json_object **ret)
{
	_cleanup_json_ struct json_object *o = json_object_new_object();

	if (!o || json_add_int(o, "major", major(device)) < 0 ||
	    json_add_int(o, "minor", minor(device)) < 0)
		return -ENOMEM;
	*ret = take_ptr(o);
	return 0;
}

static int reference_by_address(const struct p2pmem_pci_address *address, struct json_object **ret)
{
	_cleanup_json_ struct json_object *o = json_object_new_object();
	char text[PCI_ADDRESS_MAX];

	if (!o || json_add_string(o, "address", pci_address_format(address, text)) < 0)
		return -ENOMEM;
	*ret = take_ptr(o);
	return 0;
}

/* File systems without a block device of their own number: say which one it is. */
static int no_block_device(struct failure *f, int fd, const char *name)
{
	_cleanup_fclose_ FILE *mounts = fopen("/proc/self/mountinfo", "re");
	_cleanup_free_ char *line = NULL;
	struct statx sx;
	struct mount m;
	size_t size = 0;

	if (!mounts || statx(fd, "", AT_EMPTY_PATH, STATX_MNT_ID, &sx) < 0)
		goto unnamed;
	while (mountinfo_next(mounts, &line, &size, &m) > 0)
		if (m.id == sx.stx_mnt_id)
			return failure_set(
				f, -EOPNOTSUPP,
				"%s is on %s (mounted at %s from %s), which does not say on which block device its data is",
				name, m.type, m.target, m.source);
unnamed:
	return failure_set(f, -EOPNOTSUPP,
			   "%s is on a file system without a block device of its own", name);
}

/* What a descriptor was opened as, for messages only. */
static const char *name_of(int fd, char *buf, size_t size)
{
	char self[sizeof("/proc/self/fd/") + 12];
	ssize_t n;

	snprintf(self, sizeof(self), "/proc/self/fd/%d", fd);
	n = readlink(self, buf, size - 1);
	if (n < 0)
		snprintf(buf, size, "descriptor %d", fd);
	else
		buf[n] = '\0';
	return buf;
}

int device_from_fd(struct failure *f, int fd, const char *path, struct json_object **ret)
{
	char opened[PATH_MAX];
	const char *name = path ? path : name_of(fd, opened, sizeof(opened));
	struct stat st;

	if (fstat(fd, &st) < 0) {
		int r = -errno;

		return failure_set(f, r, "%s: %s", name, strerror(-r));
	}
	if (S_ISBLK(st.st_mode))
		return reference_by_number(st.st_rdev, ret);
	if (!S_ISREG(st.st_mode))
		return failure_set(f, -ENOTBLK, "%s is neither a block device nor a regular file",
				   name);
	if (major(st.st_dev) == 0)
		return no_block_device(f, fd, name);
	return reference_by_number(st.st_dev, ret);
}

int device_from_name(struct failure *f, const char *name, struct json_object **ret)
{
	struct p2pmem_pci_address address;
	_cleanup_close_ int fd = -1;

	if (!strchr(name, '/') && pci_address_parse(name, &address) == 0)
		return reference_by_address(&address, ret);
	/* The device's own driver is not to notice, so it is not opened for I/O. */
	fd = open(name, O_PATH | O_CLOEXEC);
	if (fd < 0) {
		int r = -errno;

		return failure_set(f, r, "%s: %s", name, strerror(-r));
	}
	return device_from_fd(f, fd, name, ret);
}
