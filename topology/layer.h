/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The layers that a block device is made of: what each kind is called, whether
 * requests made of P2P pages pass it, and the words for it. Pure.
 *
 * For some kinds that is a matter of the kernel that runs. Its own word is
 * what P2PMEM_CONTROL_QUERY_BLOCK says of the device; where nobody can ask, it
 * is what is known of that version, or not known.
 */
#pragma once

#include <stdbool.h>

enum layer_kind {
	LAYER_UNKNOWN,
	LAYER_PARTITION,
	LAYER_NVME, /* a namespace, or a path to one, of a PCI function */
	LAYER_NVME_MULTIPATH,
	LAYER_NVME_FABRICS,
	LAYER_MD,
	LAYER_DM,
	LAYER_LOOP,
	LAYER_BCACHE,
	LAYER_VIRTIO,
	LAYER_SCSI,
	LAYER_NBD,
	LAYER_RBD,
	LAYER_DRBD,
	LAYER_ZRAM,
	LAYER_RAM,
	LAYER_PMEM,
};

enum layer_passes {
	LAYER_PASSES_UNKNOWN,
	LAYER_PASSES_NO,
	LAYER_PASSES_YES,
};

/* Strings are clean UTF-8. */
struct layer {
	enum layer_kind kind;
	char *name; /* of the kernel, like dm-0 */
	char *detail; /* what people know it by, like "LVM, vg0-data", or NULL */
	char *level; /* of an md device, or NULL */
	bool crypt; /* a device-mapper device that encrypts */
	bool childless; /* there should be something below, and nothing is */
	bool unread; /* it, or what is below, could not be looked at */
	bool numbered; /* can be asked for, and opened, by number */
	unsigned int major;
	unsigned int minor;
	enum layer_passes passes;
	bool inherited; /* it would pass them, but for a layer below that does not */
};

void layer_done(struct layer *l);

/* The name in the protocol, like "device-mapper". */
const char *layer_kind_name(enum layer_kind kind);

/* Whether it is the running kernel that has to be asked. */
bool layer_asks_kernel(const struct layer *l);

/*
 * What is known without asking; @release is what uname says of the kernel, or
 * NULL.
 */
enum layer_passes layer_known(const struct layer *l, const char *release);

/* "dm-0 (LVM, vg0-data)". NULL when memory is short. */
char *layer_label(const struct layer *l);

/*
 * Why it does not pass P2P pages, or that it is not known, and what to do: NULL
 * for one that does. -ENOMEM.
 */
int layer_reason(const struct layer *l, char **ret_why, const char **ret_remedy);
