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
#include "client/capture.h"

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
	return join_plain(c->dir, name, &dir) < 0 ? -ENOMEM :
						    capture_attributes(c, dir, attributes);
}

static int add_controller_at(struct capture *c, const char *dir)
{
	int r = capture_attributes(c, dir, controller_attributes);

	if (r == 0)
		r = capture_links(c, dir, controller_links);
	return r < 0 ? r : capture_each(c, dir, "", add_path);
}

/* A service of a port: its name has the type of the port, which anybody may see. */
static int add_service(struct capture *c, const char *name)
{
	char *path;

	if (asprintf(&path, "sys/%s/%s", c->dir, name) < 0)
		return -ENOMEM;
	return report_add_folder(c->report, path);
}

/* What is of interest below a function. */
static int add_part(const char *name, void *userdata)
{
	struct capture *c = userdata;
	_cleanup_free_ char *dir = NULL;
	unsigned int number;
	int r;

	if (strncmp(name, "virtfn", 6) == 0)
		return capture_link(c, c->dir, name);
	if (strstr(name, ":pcie"))
		return add_service(c, name);
	if (sscanf(name, "p2pmem%u", &number) != 1)
		return 0;
	r = join_plain(c->dir, name, &dir);
	if (r == 0)
		r = capture_attributes(c, dir, region_attributes);
	return r < 0 ? r : capture_links(c, dir, region_links);
}

/* The folder that an entry of a class or bus leads to, with the link itself. */
static int follow(struct capture *c, const char *name, char **ret)
{
	int r = sysfs_resolve(c->sysfs, c->dir, name, ret);

	if (r == 0)
		r = capture_link(c, c->dir, name);
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
	r = capture_attributes(c, dir, pci_attributes);
	if (r == 0)
		r = capture_links(c, dir, pci_links);
	return r < 0 ? r : capture_each(c, dir, "", add_part);
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

	return capture_link(c, c->dir, name);
}

static int add_member_controller(const char *name, void *userdata)
{
	struct capture *c = userdata;
	char target[PATH_MAX];
	_cleanup_close_ int folder = sysfs_dir(c->sysfs, c->dir);

	if (folder < 0 || sysfs_link_at(folder, name, target, sizeof(target)) < 0)
		return 0;
	return capture_link(c, c->dir, name);
}

static int add_subsystem(const char *name, void *userdata)
{
	struct capture *c = userdata;
	_cleanup_free_ char *dir = NULL;
	int r = follow(c, name, &dir);

	if (r < 0)
		return skip(r);
	r = capture_attributes(c, dir, subsystem_attributes);
	return r < 0 ? r : capture_each(c, dir, "", add_member_controller);
}

/* Every attribute of the folder. */
static int add_any(const char *name, void *userdata)
{
	struct capture *c = userdata;
	_cleanup_close_ int folder = sysfs_dir(c->sysfs, c->dir);

	return folder < 0 ? 0 : capture_attribute(c, folder, c->dir, name);
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
		r = capture_links(c, path, links);
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
	r = capture_attributes(c, dir, block_attributes);
	if (r == 0)
		r = capture_links(c, dir, block_links);
	if (r == 0)
		r = capture_each(c, dir, "queue", add_any);
	if (r == 0)
		r = capture_each(c, dir, "slaves", add_member);
	if (r == 0)
		r = capture_each(c, dir, "holders", add_member);
	return r < 0 ? r : add_ancestors(c, dir);
}

static int add_group(const char *name, void *userdata)
{
	static const char *const attributes[] = { "type", NULL };
	struct capture *c = userdata;
	_cleanup_free_ char *dir = NULL;

	return join_plain(c->dir, name, &dir) < 0 ? -ENOMEM :
						    capture_attributes(c, dir, attributes);
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
		r = capture_attributes(c, rest[i].dir, rest[i].names);
	if (r == 0)
		r = capture_each(c, "module/p2pmem", "parameters", add_any);
	return r < 0 ? r : capture_each(c, "module/nvme", "parameters", add_any);
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
		r = capture_each(&c, walks[i].dir, "", walks[i].each);
	return r < 0 ? r : add_rest(&c);
}
