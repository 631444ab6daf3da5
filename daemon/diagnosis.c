/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>

#include "common/cleanup.h"
#include "daemon/diagnosis.h"

/* Where distributions keep the configuration of a kernel. It is a hint: the file may be missing. */
static FILE *open_config(const char *release)
{
	char path[256];
	FILE *f;

	snprintf(path, sizeof(path), "/boot/config-%s", release);
	f = fopen(path, "re");
	if (f)
		return f;
	snprintf(path, sizeof(path), "/usr/lib/modules/%s/config", release);
	return fopen(path, "re");
}

static bool known_to_lack_p2pdma(const char *release)
{
	_cleanup_fclose_ FILE *f = open_config(release);
	char line[256];

	if (!f)
		return false;
	while (fgets(line, sizeof(line), f))
		if (strncmp(line, "CONFIG_PCI_P2PDMA=", 18) == 0)
			return false;
	return !ferror(f);
}

static int diagnose_missing(const struct sysfs *s, struct reason *ret)
{
	struct utsname u;

	if (sysfs_exists(s, "module", "p2pmem"))
		return reason_set(
			ret, CAUSE_DRIVER_UNAVAILABLE,
			"See that /dev is a devtmpfs, and that udev runs.",
			"the kernel module p2pmem is loaded, but /dev/p2pmem-control is missing");
	if (uname(&u) == 0 && known_to_lack_p2pdma(u.release))
		return reason_set(
			ret, CAUSE_DRIVER_UNAVAILABLE,
			"Boot a kernel that has it: Debian's from trixie-backports, Ubuntu's, or "
			"one of your own.",
			"the running kernel (%s) was built without peer-to-peer DMA "
			"(CONFIG_PCI_P2PDMA)",
			u.release);
	return reason_set(ret, CAUSE_DRIVER_UNAVAILABLE, "Load it: modprobe p2pmem.",
			  "the kernel module p2pmem is not loaded");
}

int diagnose_driver(const struct sysfs *s, int error, struct reason *ret)
{
	if (error == -ENOENT || error == -ENXIO || error == -ENODEV)
		return diagnose_missing(s, ret);
	if (error == -EACCES || error == -EPERM)
		return reason_set(ret, CAUSE_DRIVER_UNAVAILABLE,
				  "See that the udev rules of p2pmem are installed, and apply "
				  "them: udevadm trigger --subsystem-match=p2pmem.",
				  "the daemon may not open the nodes of the driver: %s",
				  strerror(-error));
	return reason_set(ret, CAUSE_DRIVER_UNAVAILABLE,
			  "Install the driver and the daemon of one version of p2pmem.",
			  "the driver does not answer as expected: %s", strerror(-error));
}
