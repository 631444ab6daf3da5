/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * From what a caller has in its own namespace to what the broker understands:
 * a device number or a PCI address.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/sysmacros.h>

#include "common/cleanup.h"
#include "common/json.h"
#include "common/pci.h"
#include "client/lib.h"
#include "client/place.h"

bool place_parse(const char *name, struct place *ret)
{
	struct place p = {};
	char text[PLACE_MAX];

	if (strspn(name, "0123456789:") == strlen(name)) {
		p.by_number = true;
		/* 03:00 is no number, but half an address. */
		if (sscanf(name, "%5u:%7u", &p.major, &p.minor) != 2 ||
		    strcmp(place_format(&p, text), name) != 0)
			return false;
	} else if (pci_address_parse(name, &p.address) < 0) {
		return false;
	}
	*ret = p;
	return true;
}

char *place_format(const struct place *p, char buf[static PLACE_MAX])
{
	char address[PCI_ADDRESS_MAX];

	if (p->by_number)
		snprintf(buf, PLACE_MAX, "%u:%u", p->major, p->minor);
	else
		snprintf(buf, PLACE_MAX, "%s", pci_address_format(&p->address, address));
	return buf;
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

static int cannot_be_reached(struct failure *f, const char *name, int error)
{
	return failure_set(f, error, "%s: %s", name, strerror(-error));
}

static int from_chardev(struct failure *f, const char *name, dev_t device, struct place *ret)
{
	int r = place_from_chardev("/sys", device, ret);

	if (r != -ENODEV)
		return r;
	failure_set_remedy(f, "lsblk lists block devices; an NVMe drive's are named like "
			      "/dev/nvme0n1.");
	return failure_set(f, -ENOTBLK, "%s is a character device that no PCI function is behind",
			   name);
}

static int wrong_kind(struct failure *f, const char *name, mode_t mode)
{
	if (S_ISDIR(mode))
		failure_set_remedy(f, "Name a file in it, or the block device.");
	return failure_set(f, -ENOTBLK, "%s is %s, and neither a device nor a regular file", name,
			   S_ISDIR(mode)  ? "a directory" :
			   S_ISFIFO(mode) ? "a pipe" :
			   S_ISSOCK(mode) ? "a socket" :
					    "something else");
}

int place_from_fd(struct failure *f, int fd, const char *path, struct place *ret)
{
	char opened[PATH_MAX];
	const char *name = path ? path : name_of(fd, opened, sizeof(opened));
	struct stat st;

	if (fstat(fd, &st) < 0)
		return cannot_be_reached(f, name, -errno);
	if (S_ISREG(st.st_mode))
		return place_from_file(f, fd, name, &st, ret);
	if (S_ISCHR(st.st_mode))
		return from_chardev(f, name, st.st_rdev, ret);
	if (!S_ISBLK(st.st_mode))
		return wrong_kind(f, name, st.st_mode);
	*ret = (struct place){
		.by_number = true,
		.major = major(st.st_rdev),
		.minor = minor(st.st_rdev),
	};
	return 0;
}

/* The device's own driver is not to notice, so it is not opened for I/O. */
static int open_name(const char *name)
{
	_cleanup_free_ char *in_dev = NULL;
	int fd = open(name, O_PATH | O_CLOEXEC);

	if (fd >= 0 || errno != ENOENT || strchr(name, '/'))
		return fd < 0 ? -errno : fd;
	if (asprintf(&in_dev, "/dev/%s", name) < 0) {
		in_dev = NULL;
		return -ENOMEM;
	}
	fd = open(in_dev, O_PATH | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

int place_from_name(struct failure *f, const char *name, struct place *ret)
{
	_cleanup_close_ int fd = -1;

	if (place_parse(name, ret))
		return 0;
	fd = open_name(name);
	return fd < 0 ? cannot_be_reached(f, name, fd) : place_from_fd(f, fd, name, ret);
}

/* ---- in requests ----------------------------------------------------- */

static int reference_new(const struct place *p, struct json_object **ret)
{
	_cleanup_json_ struct json_object *o = json_object_new_object();
	char text[PCI_ADDRESS_MAX];
	int r = o ? 0 : -ENOMEM;

	if (r == 0 && p->by_number)
		r = json_add_int(o, "major", p->major);
	if (r == 0 && p->by_number)
		r = json_add_int(o, "minor", p->minor);
	if (r == 0 && !p->by_number)
		r = json_add_string(o, "address", pci_address_format(&p->address, text));
	if (r == 0)
		*ret = take_ptr(o);
	return r;
}

int device_from_fd(struct failure *f, int fd, const char *path, struct json_object **ret)
{
	struct place p;
	int r = place_from_fd(f, fd, path, &p);

	return r < 0 ? r : reference_new(&p, ret);
}

int device_from_name(struct failure *f, const char *name, struct json_object **ret)
{
	struct place p;
	int r = place_from_name(f, name, &p);

	return r < 0 ? r : reference_new(&p, ret);
}
