/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * iommu.mode: what the IOMMU does to the devices in question. A path behind a
 * switch does not pass it, so the kernel uses bus addresses there; where the
 * switch, or an emulated one, sends them up all the same, the IOMMU takes them
 * for something else, and nobody notices but who compares.
 */
#include <string.h>

#include "client/doctor.h"

struct modes {
	unsigned int n;
	unsigned int translating;
	unsigned int passing;
	unsigned int unknown;
	const struct machine_function *translated; /* the first */
	const struct machine_function *unread; /* the first */
};

static bool is_translating(const char *type)
{
	return strncmp(type, "DMA", 3) == 0;
}

static void count(struct modes *modes, const struct machine_function *f)
{
	modes->n++;
	if (f->iommu_unknown) {
		modes->unknown++;
		modes->unread = modes->unread ?: f;
	} else if (f->iommu && is_translating(f->iommu)) {
		modes->translating++;
		modes->translated = modes->translated ?: f;
	} else if (f->iommu) {
		modes->passing++;
	}
}

static void check_translating(struct doctor *d, const struct modes *modes)
{
	doctor_add(d, "iommu.mode", DOCTOR_WARNING,
		   "the IOMMU translates for %u of %u devices (%s%s): whether their switch "
		   "keeps peer-to-peer traffic below itself cannot be seen, and where it does not, "
		   "transfers report success and bring wrong data",
		   modes->translating, modes->n, modes->translated->address,
		   modes->translating > 1 ? " and others" : "");
	doctor_remedy(d, "compare before relying on it: p2pmemctl copy --verify, to a drive with "
			 "nothing on it; booting with iommu=pt has it pass all addresses as they "
			 "are, which weakens the protection from faulty devices");
}

void doctor_iommu(struct doctor *d)
{
	const struct machine *m = &d->world->machine;
	struct modes modes = {};

	for (size_t i = 0; i < m->n_functions; i++)
		count(&modes, &m->functions[i]);
	if (!modes.n)
		return;
	if (modes.translating) {
		check_translating(d, &modes);
	} else if (modes.unknown) {
		doctor_add(d, "iommu.mode", DOCTOR_UNKNOWN,
			   "how the IOMMU treats %s could not be read", modes.unread->address);
		doctor_remedy(d, "as root: cat /sys/bus/pci/devices/%s/iommu_group/type",
			      modes.unread->address);
	} else if (modes.passing) {
		doctor_add(d, "iommu.mode", DOCTOR_OK, "the IOMMU passes addresses as they are");
	} else {
		doctor_add(d, "iommu.mode", DOCTOR_OK, "no IOMMU is in use for these devices");
	}
}
