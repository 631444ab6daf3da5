/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>

#include "common/cleanup.h"
#include "common/kernel.h"
#include "daemon/diagnosis.h"

static int diagnose_missing(const struct sysfs *s, struct reason *ret)
{
	struct utsname u;

	if (sysfs_exists(s, "module", "p2pmem"))
		return reason_set(
			ret, CAUSE_DRIVER_UNAVAILABLE,
			"See that /dev is a devtmpfs, and that udev runs.",
			"the kernel module p2pmem is loaded, but /dev/p2pmem-control is missing");
	if (uname(&u) == 0 && kernel_support("", u.release) == KERNEL_WITHOUT_P2PDMA)
		return reason_set(ret, CAUSE_DRIVER_UNAVAILABLE, kernel_remedy(""),
				  "the running kernel (%s) was built without peer-to-peer DMA "
				  "(CONFIG_PCI_P2PDMA)",
				  u.release);
	return reason_set(ret, CAUSE_DRIVER_UNAVAILABLE, "Load it: modprobe p2pmem.",
			  "the kernel module p2pmem is not loaded");
}

/* It knows less than is asked of it: the one from before an upgrade, most likely. */
static int diagnose_older(const struct sysfs *s, int error, struct reason *ret)
{
	_cleanup_free_ char *version = NULL;

	if (sysfs_string(s, "module/p2pmem", "version", &version) == -ENOMEM)
		return -ENOMEM;
	return reason_set(ret, CAUSE_DRIVER_UNAVAILABLE,
			  "Drain and reload the driver, or reboot: p2pmemctl doctor says how.",
			  "the driver that is loaded (p2pmem %s) does not know what this daemon "
			  "(%s) asks of it: %s",
			  version ? version : "of unknown version", P2PMEM_VERSION,
			  strerror(-error));
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
	if (error == -ENOTTY || error == -E2BIG)
		return diagnose_older(s, error, ret);
	return reason_set(ret, CAUSE_DRIVER_UNAVAILABLE,
			  "Install the driver and the daemon of one version of p2pmem.",
			  "the driver does not answer as expected: %s", strerror(-error));
}
