/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a machine has of what p2pmem needs, found without the daemon: the
 * kernel's configuration, the module, and the hardware as sysfs shows it.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/kernel.h"
#include "common/pci.h"
#include "topology/sysfs.h"
#include "client/module_file.h"

/* What the kernel and the driver take: a multiple of this. */
#define MEMORY_ALIGNMENT (2ULL << 20)

/* A PCI function that is an NVMe controller, or offers P2P memory. */
struct machine_function {
	char address[PCI_ADDRESS_MAX];
	char *driver; /* NULL: none */
	char *iommu; /* how the IOMMU treats it, in the kernel's word; NULL: not at all */
	bool iommu_unknown; /* it is in a group of which that could not be read */
	bool nvme;
	bool cmb; /* has a controller memory buffer, */
	uint64_t cmb_size; /* of so many bytes; 0: not known */
	bool provider; /* the kernel has made P2P memory of it, */
	bool published; /* and its driver lets others use that */
	uint64_t size; /* of it, in bytes */
	bool region; /* our driver has one of it */
};

struct machine {
	char *release; /* of the kernel; NULL: not known */
	enum kernel_support kernel;
	bool module_loaded;
	char *module_version; /* of what is loaded; NULL: nothing, or without one */
	char *module_file; /* below /lib/modules/RELEASE; NULL: modprobe would not find it */
	struct module_file installed; /* what that says of itself */
	struct machine_function *functions; /* by address */
	size_t n_functions;
	unsigned int nvme_drives;
	unsigned int cmb_drives; /* of them, with a controller memory buffer */
	unsigned int providers; /* PCI functions that offer P2P memory */
};

/* A module is loaded, and another version of it is installed. */
bool machine_module_differs(const struct machine *m);

/*
 * @root is put before every path outside sysfs ("" on this machine; NULL:
 * nothing but sysfs was captured), @release is uname's; NULL: what is written
 * below @root. What cannot be read counts as not there. -ENOMEM; errors of
 * opening @sysfs count as a machine without devices.
 */
int machine_look(const char *root, const char *sysfs, const char *release, struct machine *ret);
void machine_clear(struct machine *m);

/* The part of it that is PCI functions. -ENOMEM. */
int machine_look_at_functions(const struct sysfs *s, struct machine *m);
void machine_clear_functions(struct machine *m);

/*
 * Has anything that could serve as a region. A kernel without P2PDMA need not
 * show a CMB, which leaves it open.
 */
bool machine_may_have_memory(const struct machine *m);

/* "3 NVMe drives, none has a CMB", into @buf. */
const char *machine_describe_drives(const struct machine *m, char *buf, size_t size);
