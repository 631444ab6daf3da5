/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>

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
