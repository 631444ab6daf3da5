/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What of sysfs goes into a report: PCI functions, what they have of memory,
 * block devices and what they are made of. Only what is named here. Left out
 * with care: what backs a loop device, addresses of network storage, names and
 * unique ids that are neither PCI's nor a drive's model and serial.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "common/cleanup.h"
#include "client/report.h"

#define ATTRIBUTE_MAX 4096
#define SYS "sys/"

struct capture {
	struct report *report;
	const struct sysfs *sysfs;
	const char *dir; /* being walked: where it really lies */
};

static const char *const pci_attributes[] = {
	"class",
	"vendor",
	"device",
	"subsystem_vendor",
	"subsystem_device",
	"revision",
	"resource",
	"numa_node",
	"current_link_speed",
	"current_link_width",
	"max_link_speed",
	"max_link_width",
	"sriov_numvfs",
	"sriov_totalvfs",
	"p2pmem/size",
	"p2pmem/available",
	"p2pmem/published",
	"config",
	NULL,
};
static const char *const pci_links[] = { "driver", "subsystem", "iommu_group", "physfn", NULL };

static const char *const region_attributes[] = { "allocated", "draining", "buffers", NULL };
static const char *const region_links[] = { "subsystem", NULL };

static const char *const controller_attributes[] = {
	"model", "serial", "firmware_rev", "transport", "state", "cntlid", "cmb", "numa_node", NULL,
};
static const char *const controller_links[] = { "device", "subsystem", NULL };

static const char *const subsystem_attributes[] = { "model", "serial", "iopolicy", NULL };

static const char *const block_attributes[] = {
	"dev",	 "size",    "ro",      "removable", "hidden",	 "partition",
	"start", "dm/name", "dm/uuid", "md/level",  "md/layout", "md/metadata_version",
};
static const char *const block_links[] = { "device", "subsystem", "bdi", NULL };

static char *join(const char *dir, const char *name)
{
	char *path;

	return asprintf(&path, SYS "%s/%s", dir, name) < 0 ? NULL : path;
}

static char *concat(const char *a, const char *b)
{
	char *text;

	return asprintf(&text, "%s%s", a, b) < 0 ? NULL : text;
}

static bool is_serial(const char *name)
{
	return strcmp(name, "serial") == 0;
}

static uint32_t get32(const char *data, size_t at)
{
	uint32_t v;

	memcpy(&v, data + at, sizeof(v));
	return v;
}

/* The extended capability that holds the serial number of a device: id 3, eight bytes behind it. */
static void hide_device_serial(char *config, size_t size)
{
	size_t at = 0x100;

	for (int i = 0; i < 64 && at >= 0x100 && at + 12 <= size; i++) {
		uint32_t header = get32(config, at);

		if ((header & 0xffff) == 3)
			memset(config + at + 4, 0, 8);
		at = header >> 20 & ~3U;
	}
}

static int hide(struct report *r, const char *name, char **data, size_t *size)
{
	char *hidden;

	if (strcmp(name, "config") == 0)
		hide_device_serial(*data, *size);
	if (!is_serial(name))
		return 0;
	while (*size && ((*data)[*size - 1] == '\n' || (*data)[*size - 1] == ' '))
		(*data)[--*size] = '\0';
	hidden = report_replace_serial(r, *data);
	if (!hidden)
		return -ENOMEM;
	free(*data);
	*data = hidden;
	*size = strlen(hidden);
	return 0;
}

/* Reads until nothing comes: a copy's files may be anything, and sysfs gives one page. */
static ssize_t read_some(int fd, char *data, size_t size)
{
	size_t done = 0;
	ssize_t n;

	while (done < size && (n = read(fd, data + done, size - done)) != 0) {
		if (n < 0)
			return done ? (ssize_t)done : -errno;
		done += (size_t)n;
	}
	return (ssize_t)done;
}

static int add_attribute(struct capture *c, int folder, const char *dir, const char *name)
{
	_cleanup_close_ int fd = sysfs_attribute_at(c->sysfs, folder, name);
	_cleanup_free_ char *data = NULL;
	size_t size;
	ssize_t n;
	int r;

	if (fd < 0)
		return 0;
	data = malloc(ATTRIBUTE_MAX + 1);
	if (!data)
		return -ENOMEM;
	n = read_some(fd, data, ATTRIBUTE_MAX);
	if (n < 0)
		return 0;
	size = (size_t)n;
	data[size] = '\0';
	r = c->report->hide_serials ? hide(c->report, name, &data, &size) : 0;
	return r < 0 ? r : report_add_file(c->report, join(dir, name), take_ptr(data), size);
}

static int add_attributes(struct capture *c, const char *dir, const char *const *names)
{
	_cleanup_close_ int folder = sysfs_dir(c->sysfs, dir);
	int r = 0;

	for (; folder >= 0 && *names && r == 0; names++)
		r = add_attribute(c, folder, dir, *names);
	return r;
}

/* From the folder @dir to @real, both below the root. */
static char *relative(const char *dir, const char *real)
{
	_cleanup_free_ char *up = strdup("");
	char *target;

	for (const char *p = dir; up && p; p = strchr(p, '/') ? strchr(p, '/') + 1 : NULL) {
		char *longer;

		if (asprintf(&longer, "%s../", up) < 0)
			return NULL;
		free(up);
		up = longer;
	}
	return !up || asprintf(&target, "%s%s", up, real) < 0 ? NULL : target;
}

/* Where it really leads to, or by its words, where that is not there. */
static int resolve(struct capture *c, const char *dir, const char *name, char **ret)
{
	_cleanup_close_ int folder = sysfs_dir(c->sysfs, dir);
	char target[PATH_MAX], path[PATH_MAX];
	int r = sysfs_resolve(c->sysfs, dir, name, ret);

	if (r != -ENOENT || folder < 0)
		return r;
	if (sysfs_link_at(folder, name, target, sizeof(target)) < 0 ||
	    path_follow(dir, target, path, sizeof(path)) < 0)
		return r;
	*ret = strdup(path);
	return *ret ? 0 : -ENOMEM;
}

/* A link, and the folder that it leads to, so that it does lead somewhere. */
static int add_link(struct capture *c, const char *dir, const char *name)
{
	_cleanup_free_ char *real = NULL;
	int r = resolve(c, dir, name, &real);

	if (r < 0)
		return r == -ENOMEM ? r : 0;
	r = report_add_link(c->report, join(dir, name), relative(dir, real));
	return r < 0 ? r : report_add_folder(c->report, concat(SYS, real));
}

static int add_links(struct capture *c, const char *dir, const char *const *names)
{
	_cleanup_close_ int folder = sysfs_dir(c->sysfs, dir);
	char target[PATH_MAX];
	int r = 0;

	for (; folder >= 0 && *names && r == 0; names++)
		if (sysfs_link_at(folder, *names, target, sizeof(target)) >= 0)
			r = add_link(c, dir, *names);
	return r;
}

/* Calls @each for the entries of @dir/@name, with @dir/@name as c->dir. */
static int each_in(struct capture *c, const char *dir, const char *name,
		   int (*each)(const char *name, void *userdata))
{
	_cleanup_free_ char *path = NULL;
	struct capture inner = *c;
	int r;

	if (asprintf(&path, "%s%s%s", dir, *name ? "/" : "", name) < 0) {
		path = NULL;
		return -ENOMEM;
	}
	inner.dir = path;
	r = sysfs_each(c->sysfs, path, each, &inner);
	return r == -ENOMEM ? r : 0;
}

static int join_plain(const char *dir, const char *name, char **ret)
{
	return asprintf(ret, "%s/%s", dir, name) < 0 ? -ENOMEM : 0;
}

/* A path to a head, in its controller's folder. */
static int add_path(const char *name, void *userdata)
{
	static const char *const attributes[] = { "size", "ana_state", "dev", NULL };
	struct capture *c = userdata;
	_cleanup_free_ char *dir = NULL;

	if (strncmp(name, "nvme", 4) != 0)
		return 0;
	return join_plain(c->dir, name, &dir) < 0 ? -ENOMEM : add_attributes(c, dir, attributes);
}

static int add_controller_at(struct capture *c, const char *dir)
{
	int r = add_attributes(c, dir, controller_attributes);

	if (r == 0)
		r = add_links(c, dir, controller_links);
	return r < 0 ? r : each_in(c, dir, "", add_path);
}

static int add_region(const char *name, void *userdata)
{
	struct capture *c = userdata;
	_cleanup_free_ char *dir = NULL;
	unsigned int number;
	int r;

	if (strncmp(name, "virtfn", 6) == 0)
		return add_link(c, c->dir, name);
	if (sscanf(name, "p2pmem%u", &number) != 1)
		return 0;
	r = join_plain(c->dir, name, &dir);
	if (r == 0)
		r = add_attributes(c, dir, region_attributes);
	return r < 0 ? r : add_links(c, dir, region_links);
}

/* The folder that an entry of a class or bus leads to, with the link itself. */
static int follow(struct capture *c, const char *name, char **ret)
{
	int r = sysfs_resolve(c->sysfs, c->dir, name, ret);

	if (r == 0)
		r = add_link(c, c->dir, name);
	return r;
}

static int skip(int r)
{
	return r == -ENOMEM ? r : 0;
}

static int add_function(const char *name, void *userdata)
{
	struct capture *c = userdata;
	_cleanup_free_ char *dir = NULL;
	int r = follow(c, name, &dir);

	if (r < 0)
		return skip(r);
	r = add_attributes(c, dir, pci_attributes);
	if (r == 0)
		r = add_links(c, dir, pci_links);
	return r < 0 ? r : each_in(c, dir, "", add_region);
}

static int add_controller(const char *name, void *userdata)
{
	struct capture *c = userdata;
	_cleanup_free_ char *dir = NULL;
	int r = follow(c, name, &dir);

	return r < 0 ? skip(r) : add_controller_at(c, dir);
}

static int add_member(const char *name, void *userdata)
{
	struct capture *c = userdata;

	return add_link(c, c->dir, name);
}

static int add_member_controller(const char *name, void *userdata)
{
	struct capture *c = userdata;
	char target[PATH_MAX];
	_cleanup_close_ int folder = sysfs_dir(c->sysfs, c->dir);

	if (folder < 0 || sysfs_link_at(folder, name, target, sizeof(target)) < 0)
		return 0;
	return add_link(c, c->dir, name);
}

static int add_subsystem(const char *name, void *userdata)
{
	struct capture *c = userdata;
	_cleanup_free_ char *dir = NULL;
	int r = follow(c, name, &dir);

	if (r < 0)
		return skip(r);
	r = add_attributes(c, dir, subsystem_attributes);
	return r < 0 ? r : each_in(c, dir, "", add_member_controller);
}

/* Every attribute of the folder. */
static int add_any(const char *name, void *userdata)
{
	struct capture *c = userdata;
	_cleanup_close_ int folder = sysfs_dir(c->sysfs, c->dir);

	return folder < 0 ? 0 : add_attribute(c, folder, c->dir, name);
}

/* What lies between a block device and the PCI function, like a virtio device or a SCSI host. */
static int add_ancestors(struct capture *c, const char *dir)
{
	static const char *const links[] = { "driver", "subsystem", NULL };
	_cleanup_free_ char *path = strdup(dir);
	char *slash;
	int r = 0;

	if (!path)
		return -ENOMEM;
	while (r == 0 && (slash = strrchr(path, '/'))) {
		*slash = '\0';
		r = add_links(c, path, links);
	}
	return r;
}

static int add_block(const char *name, void *userdata)
{
	struct capture *c = userdata;
	_cleanup_free_ char *dir = NULL;
	int r = follow(c, name, &dir);

	if (r < 0)
		return skip(r);
	r = add_attributes(c, dir, block_attributes);
	if (r == 0)
		r = add_links(c, dir, block_links);
	if (r == 0)
		r = each_in(c, dir, "queue", add_any);
	if (r == 0)
		r = each_in(c, dir, "slaves", add_member);
	if (r == 0)
		r = each_in(c, dir, "holders", add_member);
	return r < 0 ? r : add_ancestors(c, dir);
}

static int add_group(const char *name, void *userdata)
{
	static const char *const attributes[] = { "type", NULL };
	struct capture *c = userdata;
	_cleanup_free_ char *dir = NULL;

	return join_plain(c->dir, name, &dir) < 0 ? -ENOMEM : add_attributes(c, dir, attributes);
}

static int add_rest(struct capture *c)
{
	static const struct {
		const char *dir, *names[2];
	} rest[] = {
		{ "devices/system/cpu", { "modalias" } },
		{ "module/p2pmem", { "version" } },
		{ "module/nvme_core/parameters", { "multipath" } },
		{ "module/module/parameters", { "sig_enforce" } },
		{ "kernel/security", { "lockdown" } },
	};
	int r = 0;

	for (size_t i = 0; i < sizeof(rest) / sizeof(*rest) && r == 0; i++)
		r = add_attributes(c, rest[i].dir, rest[i].names);
	if (r == 0)
		r = each_in(c, "module/p2pmem", "parameters", add_any);
	return r < 0 ? r : each_in(c, "module/nvme", "parameters", add_any);
}

int report_sysfs(struct report *report, const struct sysfs *s)
{
	static const struct {
		const char *dir;
		int (*each)(const char *name, void *userdata);
	} walks[] = {
		{ "bus/pci/devices", add_function },  { "bus/p2pmem/devices", add_member },
		{ "class/nvme", add_controller },     { "class/nvme-subsystem", add_subsystem },
		{ "class/block", add_block },	      { "dev/block", add_member },
		{ "kernel/iommu_groups", add_group },
	};
	struct capture c = { .report = report, .sysfs = s };
	int r = 0;

	for (size_t i = 0; i < sizeof(walks) / sizeof(*walks) && r == 0; i++)
		r = each_in(&c, walks[i].dir, "", walks[i].each);
	return r < 0 ? r : add_rest(&c);
}
