/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stddef.h>

#include "client/status.h"

static const char *const texts[STATUS_MAX] = {
	[STATUS_OK] = "success",
	[STATUS_FAILURE] = "another failure",
	[STATUS_USAGE] = "wrong usage: verb, option or size",
	[STATUS_NO_DEVICE] = "no such device or file, or none that can be copied",
	[STATUS_NO_PATH] = "no peer-to-peer path",
	[STATUS_NOT_PERMITTED] = "not permitted",
	[STATUS_NO_ROOM] = "no room in a region, or over the quota",
	[STATUS_NO_DAEMON] = "daemon not reachable",
	[STATUS_NO_DRIVER] = "driver not loaded or not usable",
	[STATUS_IN_USE] = "destination is in use",
	[STATUS_HOLDS_DATA] = "destination holds data (see --force)",
	[STATUS_OVERLAP] = "source and destination overlap",
	[STATUS_TOO_SMALL] = "destination is too small",
	[STATUS_DIFFERENT] = "verification failed",
	[STATUS_IO] = "input or output error",
	[STATUS_NO_KERNEL_SUPPORT] = "kernel built without PCI_P2PDMA",
	[STATUS_NO_HARDWARE] = "no peer-to-peer memory in this machine",
	[STATUS_NO_DIRECT_IO] = "no direct I/O on that file",
	[STATUS_DOCTOR_WARNING] = "doctor: the worst result is a warning",
	[STATUS_DOCTOR_FAILURE] = "doctor: the worst result is a failure",
	[STATUS_DOCTOR_UNKNOWN] = "doctor: something could not be found out",
	[STATUS_UNKNOWN] = "not known whether there is a peer-to-peer path",
};

const char *status_text(int status)
{
	return status >= 0 && status < STATUS_MAX ? texts[status] : NULL;
}
