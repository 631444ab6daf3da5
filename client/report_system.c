/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What of kernel, processor and distribution goes into a report: single lines,
 * picked by what they begin with, as the files hold much that is nobody's
 * business, the kernel's command line above all.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/klog.h>

#include "common/cleanup.h"
#include "common/files.h"
#include "client/report.h"

#define SYSLOG_ACTION_READ_ALL 3
#define SYSLOG_ACTION_SIZE_BUFFER 10

/* Appends @line and a newline. */
static int append(char **text, const char *line)
{
	char *longer;

	if (asprintf(&longer, "%s%s\n", *text ? *text : "", line) < 0)
		return -ENOMEM;
	free(*text);
	*text = longer;
	return 0;
}

static bool begins_with_any(const char *line, const char *const *beginnings)
{
	for (; *beginnings; beginnings++)
		if (strncmp(line, *beginnings, strlen(*beginnings)) == 0)
			return true;
	return false;
}

static bool is_end(const char *line, const char *end)
{
	return end && strcmp(line, end) == 0;
}

/* Lines of @f up to @end (NULL: all) that begin like one of @beginnings, as @path. */
static int add_lines(struct report *r, FILE *f, const char *end, const char *const *beginnings,
		     const char *path)
{
	_cleanup_free_ char *line = NULL, *text = NULL;
	size_t size = 0;

	while (f && getline(&line, &size, f) >= 0) {
		line[strcspn(line, "\n")] = '\0';
		if (is_end(line, end))
			break;
		if (begins_with_any(line, beginnings) && append(&text, line) < 0)
			return -ENOMEM;
	}
	return text ? report_add_text(r, path, text) : 0;
}

static int add_configuration(struct report *r, const char *root, const char *release)
{
	static const char *const beginnings[] = {
		"CONFIG_PCI_P2PDMA",
		"# CONFIG_PCI_P2PDMA",
		"CONFIG_ZONE_DEVICE",
		"# CONFIG_ZONE_DEVICE",
		"CONFIG_MEMORY_HOTPLUG=",
		"CONFIG_NVME_",
		"CONFIG_BLK_DEV_NVME",
		"CONFIG_NVME_MULTIPATH",
		"CONFIG_IOMMU_DEFAULT",
		"CONFIG_INTEL_IOMMU",
		"CONFIG_AMD_IOMMU",
		"CONFIG_MODULE_SIG",
		"# CONFIG_MODULE_SIG",
		"CONFIG_SECURITY_LOCKDOWN",
		"CONFIG_STRICT_DEVMEM",
		"CONFIG_LOCK_DOWN_KERNEL",
		NULL,
	};
	_cleanup_fclose_ FILE *boot = file_open("%s/boot/config-%s", root, release);
	_cleanup_fclose_ FILE *lib = boot ? NULL :
					    file_open("%s/lib/modules/%s/config", root, release);
	_cleanup_free_ char *path = NULL;

	if (!boot && !lib)
		return report_note(r, "The kernel's configuration: there is no file of it.");
	if (asprintf(&path, "boot/config-%s", release) < 0) {
		path = NULL;
		return -ENOMEM;
	}
	return add_lines(r, boot ? boot : lib, NULL, beginnings, path);
}

/* The first processor's lines: they are all alike in what matters. */
static int add_processor(struct report *r, const char *root)
{
	static const char *const beginnings[] = { "vendor_id", "cpu family", "model",
						  "stepping",  "CPU",	     NULL };
	_cleanup_fclose_ FILE *f = file_open("%s/proc/cpuinfo", root);

	return add_lines(r, f, "", beginnings, "proc/cpuinfo");
}

static int add_distribution(struct report *r, const char *root)
{
	static const char *const beginnings[] = { "ID=", "VERSION_ID=", "PRETTY_NAME=", NULL };
	_cleanup_fclose_ FILE *f = file_open("%s/etc/os-release", root);

	return add_lines(r, f, NULL, beginnings, "etc/os-release");
}

static int add_module_file(struct report *r, const char *root, const char *release)
{
	_cleanup_fclose_ FILE *f = file_open("%s/lib/modules/%s/modules.dep", root, release);
	_cleanup_free_ char *line = NULL, *text = NULL, *path = NULL;
	size_t size = 0;

	while (f && getline(&line, &size, f) >= 0) {
		line[strcspn(line, "\n")] = '\0';
		if (strstr(line, "/p2pmem.ko") && append(&text, line) < 0)
			return -ENOMEM;
	}
	if (!text)
		return 0;
	if (asprintf(&path, "lib/modules/%s/modules.dep", release) < 0) {
		path = NULL;
		return -ENOMEM;
	}
	return report_add_text(r, path, text);
}

/* Options about PCI, IOMMU and NVMe; everything else may be a secret. */
static int add_command_line(struct report *r, const char *root)
{
	static const char *const beginnings[] = {
		"pci=",	     "pcie_acs_override=", "iommu=",
		"iommu.",    "intel_iommu=",	   "amd_iommu=",
		"nvme.",     "nvme_core.",	   "p2pmem.",
		"lockdown=", "module.sig_enforce", NULL,
	};
	_cleanup_free_ char *line = file_first_line("%s/proc/cmdline", root), *text = NULL;
	char *position, *option;

	if (!line)
		return report_note(r, "The kernel's command line: it could not be read.");
	for (option = strtok_r(line, " ", &position); option;
	     option = strtok_r(NULL, " ", &position))
		if (begins_with_any(option, beginnings) && append(&text, option) < 0)
			return -ENOMEM;
	return report_add_text(r, "proc/cmdline", text ? text : "");
}

int report_system(struct report *r, const char *root, const char *release)
{
	int err = report_add_text(r, "proc/sys/kernel/osrelease", release);

	if (err == 0)
		err = add_configuration(r, root, release);
	if (err == 0)
		err = add_processor(r, root);
	if (err == 0)
		err = add_distribution(r, root);
	if (err == 0)
		err = add_module_file(r, root, release);
	return err < 0 ? err : add_command_line(r, root);
}

/*
 * Other programs may write to that log, and audit writes about others: they
 * have names of hosts, users and files in what they say.
 */
bool report_is_ours(const char *line)
{
	static const char *const words[] = { "p2pmem", "p2pdma", "P2PDMA", "peer-to-peer DMA" };
	unsigned int priority;

	if (sscanf(line, "<%u>", &priority) != 1 || priority >> 3 != 0 || strstr(line, "audit"))
		return false;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strstr(line, words[i]))
			return true;
	return false;
}

int report_kernel_log(struct report *r)
{
	_cleanup_free_ char *log = NULL, *text = NULL;
	int size = klogctl(SYSLOG_ACTION_SIZE_BUFFER, NULL, 0), n;
	char *position, *line;

	log = malloc((size_t)(size > 0 ? size : 0) + 1);
	if (!log)
		return -ENOMEM;
	n = size < 0 ? size : klogctl(SYSLOG_ACTION_READ_ALL, log, size);
	if (n < 0)
		return report_note(r, "The kernel's log: %s; root may read it.", strerror(errno));
	log[n] = '\0';
	for (line = strtok_r(log, "\n", &position); line; line = strtok_r(NULL, "\n", &position))
		if (report_is_ours(line) && append(&text, line) < 0)
			return -ENOMEM;
	return report_add_text(r, "report/kernel-log.txt", text ? text : "");
}
