/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* hardware.*: is there memory that could be lent, and did kernel and driver take it? */
#include <string.h>

#include "client/doctor.h"
#include "client/size.h"

#define KERNEL_LOG "see the kernel's log for its reason, as root: dmesg | grep %s"

static void check_cmb(struct doctor *d)
{
	const struct world *w = d->world;
	const struct machine *m = &w->machine;
	unsigned int other = 0;
	char text[80];

	for (size_t i = 0; i < m->n_functions; i++)
		other += m->functions[i].provider && !m->functions[i].nvme;
	machine_describe_drives(m, text, sizeof(text));
	if (world_is_without_hardware(w))
		doctor_add(d, "hardware.cmb", DOCTOR_INFO, "%s; nothing to do", text);
	else if (other)
		doctor_add(d, "hardware.cmb", DOCTOR_OK, "%s; %u other device%s with memory", text,
			   other, other == 1 ? "" : "s");
	else if (m->cmb_drives || m->providers)
		doctor_add(d, "hardware.cmb", DOCTOR_OK, "%s", text);
	else
		doctor_add(d, "hardware.cmb", DOCTOR_UNKNOWN, "%s", text);
	if (!m->cmb_drives && !m->providers && !world_is_without_hardware(w))
		doctor_remedy(d, "boot a kernel with PCI_P2PDMA to see");
}

/* Has a CMB, and the kernel has made nothing of it. */
static void check_unused_cmb(struct doctor *d, const struct machine_function *f)
{
	char size[SIZE_TEXT_MAX];

	if (f->cmb_size % MEMORY_ALIGNMENT) {
		doctor_add(
			d, "hardware.cmb-size", DOCTOR_WARNING,
			"the CMB of %s (%s) is passed over by the kernel: it is no multiple of 2M",
			f->address, size_short(f->cmb_size, size));
		doctor_remedy(d, "have the drive's firmware or its configuration give it a larger "
				 "one, or take another drive");
		return;
	}
	/* On a kernel without, that is why. */
	if (d->world->machine.kernel == KERNEL_WITHOUT_P2PDMA)
		return;
	doctor_add(d, "hardware.unpublished", DOCTOR_WARNING,
		   "the kernel has made no peer-to-peer memory of the CMB of %s (%s)", f->address,
		   f->cmb_size ? size_short(f->cmb_size, size) : "of unknown size");
	doctor_remedy(d,
		      KERNEL_LOG
		      "; its BAR has to have room for it and to begin at a multiple of 2M",
		      f->address);
}

static void check_unpublished(struct doctor *d, const struct machine_function *f)
{
	doctor_add(d, "hardware.unpublished", DOCTOR_WARNING,
		   "the memory of %s is kept by its driver (%s) for itself", f->address,
		   f->driver ? f->driver : "none");
	if (f->nvme)
		doctor_remedy(d, "the CMB does not take data both ways (RDS and WDS in CMBSZ): a "
				 "setting of the drive, if anything, can change that; show it with "
				 "nvme show-regs");
	else
		doctor_remedy(d, "bind it to a driver that publishes its memory, like p2pmem-bar");
}

/* The kernel finds no way from the function to its own memory when its own ACS redirects. */
static void check_without_region(struct doctor *d, const struct machine_function *f)
{
	doctor_add(d, "hardware.unpublished", DOCTOR_WARNING,
		   "%s has published memory, and the driver has made no region of it", f->address);
	doctor_remedy(
		d,
		"see if its own ACS redirects, as root: lspci -vv -s %s (ACSCtl: ReqRedir+, "
		"CmpltRedir+ or EgressCtrl+); if so, boot with pci=disable_acs_redir=%s, which "
		"weakens the isolation of its IOMMU group; otherwise " KERNEL_LOG,
		f->address, f->address, f->address);
}

static void check_function(struct doctor *d, const struct machine_function *f)
{
	if (!f->provider) {
		if (f->cmb)
			check_unused_cmb(d, f);
	} else if (!f->published) {
		check_unpublished(d, f);
	} else if (!f->region && d->world->machine.module_loaded) {
		check_without_region(d, f);
	}
}

/* Only the NVMe driver can say whether there is a CMB. */
static void check_drivers(struct doctor *d)
{
	const struct machine *m = &d->world->machine;
	const struct machine_function *first = NULL;
	unsigned int n = 0;

	for (size_t i = 0; i < m->n_functions; i++) {
		const struct machine_function *f = &m->functions[i];

		if (f->nvme && (!f->driver || strcmp(f->driver, "nvme") != 0)) {
			first = first ? first : f;
			n++;
		}
	}
	if (!first)
		return;
	doctor_add(d, "hardware.driver", DOCTOR_INFO,
		   "%u NVMe drive%s not used by the driver nvme, like %s (%s): whether there is a "
		   "CMB cannot be seen",
		   n, n == 1 ? " is" : "s are", first->address,
		   first->driver ? first->driver : "no driver");
	doctor_remedy(d,
		      "if it is to be used here, as root: echo %s > "
		      "/sys/bus/pci/drivers/nvme/bind, once no other driver has it",
		      first->address);
}

static void count_regions(const struct doctor *d, unsigned int *ret_n, uint64_t *ret_size)
{
	const struct machine *m = &d->world->machine;

	*ret_n = 0;
	*ret_size = 0;
	for (size_t i = 0; i < m->n_functions; i++)
		if (m->functions[i].region) {
			++*ret_n;
			*ret_size += m->functions[i].size;
		}
	if (*ret_n)
		return;
	/* The daemon may see what this process may not. */
	for (const struct p2pmem_region *r = d->world->regions; r; r = r->next) {
		++*ret_n;
		*ret_size += r->size;
	}
}

static void check_region(struct doctor *d)
{
	const struct machine *m = &d->world->machine;
	char size[SIZE_TEXT_MAX];
	unsigned int n;
	uint64_t total;

	count_regions(d, &n, &total);
	if (n) {
		doctor_add(d, "hardware.region", DOCTOR_OK, "%u region%s with %s in all", n,
			   n == 1 ? "" : "s", size_short(total, size));
		return;
	}
	/* Without a driver there is none, which has been said. */
	if (world_is_without_hardware(d->world) || m->kernel == KERNEL_WITHOUT_P2PDMA ||
	    (m->providers && !m->module_loaded))
		return;
	if (m->providers)
		doctor_add(d, "hardware.region", DOCTOR_FAILURE,
			   "there is peer-to-peer memory, but the driver has made no region of it");
	else
		doctor_add(
			d, "hardware.region", DOCTOR_FAILURE,
			"there is a CMB, but the kernel offers none of it as peer-to-peer memory");
	doctor_remedy(d,
		      "see the kernel log for its reason; a CMB that is too small is passed over");
	doctor_status(d, STATUS_NO_HARDWARE);
}

void doctor_hardware(struct doctor *d)
{
	const struct machine *m = &d->world->machine;

	check_cmb(d);
	for (size_t i = 0; i < m->n_functions; i++)
		check_function(d, &m->functions[i]);
	check_drivers(d);
	check_region(d);
}
