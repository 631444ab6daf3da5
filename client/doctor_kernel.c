/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* kernel.*: is this a kernel that can do it? */
#include <stdio.h>

#include "client/doctor.h"

static const char *release_of(const struct doctor *d)
{
	return d->world->machine.release;
}

static void check_version(struct doctor *d)
{
	const char *release = release_of(d);
	unsigned int major, minor;

	if (!release || sscanf(release, "%u.%u", &major, &minor) != 2) {
		doctor_add(d, "kernel.version", DOCTOR_UNKNOWN,
			   "the version of the kernel is not known");
		doctor_remedy(d, "on that machine: uname -r has to be 6.2 or newer");
	} else if (major > 6 || (major == 6 && minor >= 2)) {
		doctor_add(d, "kernel.version", DOCTOR_OK, "%s is new enough", release);
	} else {
		doctor_add(d, "kernel.version", DOCTOR_FAILURE,
			   "this kernel (%s) is older than 6.2, from which on programs can use "
			   "peer-to-peer memory",
			   release);
		doctor_remedy(d, "%s", kernel_remedy(d->root ? d->root : ""));
		doctor_status(d, STATUS_NO_DRIVER);
	}
}

static void check_p2pdma(struct doctor *d)
{
	const char *release = release_of(d) ? release_of(d) : "of unknown version";

	switch (d->world->machine.kernel) {
	case KERNEL_WITH_P2PDMA:
		doctor_add(d, "kernel.p2pdma", DOCTOR_OK, "this kernel (%s) has PCI_P2PDMA",
			   release);
		break;
	case KERNEL_WITHOUT_P2PDMA:
		doctor_add(d, "kernel.p2pdma", DOCTOR_FAILURE,
			   "this kernel (%s) is built without PCI_P2PDMA", release);
		doctor_remedy(d, "%s", kernel_remedy(d->root ? d->root : ""));
		doctor_status(d, STATUS_NO_KERNEL_SUPPORT);
		break;
	default:
		doctor_add(d, "kernel.p2pdma", DOCTOR_UNKNOWN,
			   "whether this kernel (%s) has PCI_P2PDMA cannot be told: its "
			   "configuration is not to be found",
			   release);
		doctor_remedy(d, "see if CONFIG_PCI_P2PDMA=y is in its configuration, where there "
				 "is one: zgrep PCI_P2PDMA /proc/config.gz");
	}
}

void doctor_kernel(struct doctor *d)
{
	check_version(d);
	check_p2pdma(d);
}
