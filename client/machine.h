/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What this machine has of what p2pmem needs, found without the daemon: the
 * kernel's configuration, the module, and the hardware as sysfs shows it.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "common/kernel.h"

struct machine {
	char *release; /* of the kernel */
	enum kernel_support kernel;
	bool module_loaded;
	char *module_version; /* NULL: not loaded, or without one */
	char *module_file; /* below /lib/modules/RELEASE; NULL: modprobe would not find it */
	unsigned int nvme_drives;
	unsigned int cmb_drives; /* of them, with a controller memory buffer */
	unsigned int providers; /* PCI functions that offer P2P memory */
};

/*
 * @root is put before every path ("" but in tests), @release is uname's.
 * What cannot be read counts as not there. -ENOMEM.
 */
int machine_look(const char *root, const char *release, struct machine *ret);
void machine_clear(struct machine *m);

/*
 * Has anything that could serve as a region. The NVMe driver shows a CMB only
 * where it could register it, so a kernel without P2PDMA leaves it open.
 */
bool machine_may_have_memory(const struct machine *m);

/* "3 NVMe drives, none has a CMB", into @buf. */
const char *machine_describe_drives(const struct machine *m, char *buf, size_t size);
