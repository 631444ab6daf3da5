/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "topology/layer.h"

/* What kernels of 7.3 and later pass, and those up to 6.18 do not. */
#define SINCE_MAJOR 7
#define SINCE_MINOR 3
#define UNTIL_MAJOR 6
#define UNTIL_MINOR 18

#define BELOW "Use the NVMe drives below it, or partitions of them, directly."
#define LOCAL \
	"Use an NVMe drive of this machine; for a virtual one, hand it a drive by PCI passthrough."

static const struct {
	const char *name;
	bool never; /* passes them */
	const char *why;
	const char *remedy;
} kinds[] = {
	[LAYER_UNKNOWN] = { "unknown", true,
			    "is of a kind that is not known to pass peer-to-peer pages", LOCAL },
	[LAYER_PARTITION] = { "partition" },
	[LAYER_NVME] = { "nvme" },
	[LAYER_NVME_MULTIPATH] = { "nvme-multipath" },
	[LAYER_NVME_FABRICS] = { "nvme-fabrics", true,
				 "is reached over a network, which takes no peer-to-peer pages",
				 LOCAL },
	[LAYER_MD] = { "md" },
	[LAYER_DM] = { "device-mapper" },
	[LAYER_LOOP] = { "loop", true,
			 "does not pass peer-to-peer pages: the kernel reads and writes its file",
			 "Use the file itself, if its file system is on an NVMe drive." },
	[LAYER_BCACHE] = { "bcache", true, "does not pass peer-to-peer pages", BELOW },
	[LAYER_VIRTIO] = { "virtio-blk", true, "takes no peer-to-peer pages", LOCAL },
	[LAYER_SCSI] = { "scsi", true, "takes no peer-to-peer pages", LOCAL },
	[LAYER_NBD] = { "nbd", true, "is served over a socket and takes no peer-to-peer pages",
			LOCAL },
	[LAYER_RBD] = { "rbd", true, "is served over a network and takes no peer-to-peer pages",
			LOCAL },
	[LAYER_DRBD] = { "drbd", true, "does not pass peer-to-peer pages", BELOW },
	[LAYER_ZRAM] = { "zram", true, "is compressed host memory", LOCAL },
	[LAYER_RAM] = { "ram", true, "is host memory", LOCAL },
	[LAYER_PMEM] = { "pmem", true, "is memory on the CPU's own bus", LOCAL },
};

void layer_done(struct layer *l)
{
	free(l->name);
	free(l->detail);
	free(l->level);
	*l = (struct layer){};
}

const char *layer_kind_name(enum layer_kind kind)
{
	return kinds[kind].name;
}

static bool mirrors_or_stripes(const struct layer *l)
{
	return l->level && (strcmp(l->level, "raid0") == 0 || strcmp(l->level, "raid1") == 0 ||
			    strcmp(l->level, "raid10") == 0);
}

/* On no kernel, for what it is. */
static bool never_passes(const struct layer *l)
{
	return kinds[l->kind].never || l->crypt || l->childless;
}

bool layer_asks_kernel(const struct layer *l)
{
	return !never_passes(l) && !l->unread;
}

/* What came with one version, as far as is known on either side of it. */
static enum layer_passes since(const char *release)
{
	unsigned int major, minor;

	if (!release || sscanf(release, "%4u.%4u", &major, &minor) != 2)
		return LAYER_PASSES_UNKNOWN;
	if (major > SINCE_MAJOR || (major == SINCE_MAJOR && minor >= SINCE_MINOR))
		return LAYER_PASSES_YES;
	if (major < UNTIL_MAJOR || (major == UNTIL_MAJOR && minor <= UNTIL_MINOR))
		return LAYER_PASSES_NO;
	return LAYER_PASSES_UNKNOWN;
}

enum layer_passes layer_known(const struct layer *l, const char *release)
{
	if (l->unread)
		return LAYER_PASSES_UNKNOWN;
	if (never_passes(l))
		return LAYER_PASSES_NO;
	switch (l->kind) {
	case LAYER_PARTITION:
	case LAYER_NVME:
		return LAYER_PASSES_YES;
	case LAYER_NVME_MULTIPATH:
		return since(release);
	case LAYER_MD:
		return mirrors_or_stripes(l) ? since(release) : LAYER_PASSES_NO;
	default:
		return LAYER_PASSES_NO;
	}
}

char *layer_label(const struct layer *l)
{
	char *label;

	if (!l->detail)
		return strdup(l->name);
	return asprintf(&label, "%s (%s)", l->name, l->detail) < 0 ? NULL : label;
}

/* ---- words ----------------------------------------------------------- */

struct words {
	const char *why;
	const char *remedy;
};

static struct words words_of_md(const struct layer *l)
{
	if (mirrors_or_stripes(l))
		return (struct words){
			"does not pass peer-to-peer pages on this kernel",
			"Boot a kernel of 7.3 or later, whose md does so for raid0, raid1 and raid10, or "
			"use the NVMe drives below it directly."
		};
	return (struct words){
		"does not pass peer-to-peer pages: of md's levels only raid0, raid1 and raid10 do",
		"Make it raid0, raid1 or raid10, or use the NVMe drives below it directly."
	};
}

static struct words words_of_dm(const struct layer *l)
{
	if (l->crypt)
		return (struct words){
			"does not pass peer-to-peer pages: it is the CPU that encrypts",
			"Use a drive or a partition without dm-crypt; a drive that encrypts by itself "
			"does not have this limit."
		};
	return (struct words){
		"does not pass peer-to-peer pages: the device mapper takes host memory only",
		"Use the NVMe drives below it, or partitions of them, directly; where several "
		"are to be one, md (raid0, raid1, raid10) passes them on kernels of 7.3 or later."
	};
}

static struct words words_of_no(const struct layer *l)
{
	if (l->childless)
		return (struct words){
			"has no device below it that could do the transfer",
			"See why its members or paths are gone: lsblk, nvme list-subsys, "
			"/proc/mdstat."
		};
	if (l->inherited)
		return (struct words){
			"does not pass peer-to-peer pages, because a layer below it does not",
			"See what is said of the layer below."
		};
	switch (l->kind) {
	case LAYER_MD:
		return words_of_md(l);
	case LAYER_DM:
		return words_of_dm(l);
	case LAYER_NVME_MULTIPATH:
		return (struct words){
			"does not pass peer-to-peer pages on this kernel",
			"Boot a kernel of 7.3 or later, or this one with nvme_core.multipath=N, which "
			"makes each path a device of its own."
		};
	case LAYER_PARTITION:
	case LAYER_NVME:
		return (struct words){
			"has a request queue that does not take peer-to-peer pages on "
			"this kernel",
			"Boot a kernel of 7.3 or later."
		};
	default:
		return (struct words){ kinds[l->kind].why, kinds[l->kind].remedy };
	}
}

static struct words words_of_doubt(const struct layer *l)
{
	if (l->unread)
		return (struct words){
			"could not be looked into, so what does its transfers is not known",
			"Devices may have come or gone meanwhile: ask again. If it stays like that, "
			"p2pmemctl report shows the tree as it is."
		};
	return (struct words){
		"may or may not pass peer-to-peer pages: that depends on the kernel, and the p2pmem "
		"driver, which finds out, cannot be asked",
		"Load the driver on that machine: modprobe p2pmem."
	};
}

static struct words words_for(const struct layer *l)
{
	if (l->passes == LAYER_PASSES_YES)
		return (struct words){};
	return l->passes == LAYER_PASSES_NO ? words_of_no(l) : words_of_doubt(l);
}

int layer_reason(const struct layer *l, char **ret_why, const char **ret_remedy)
{
	_cleanup_free_ char *label = layer_label(l);
	struct words w = words_for(l);
	char *why = NULL;

	if (!label || (w.why && asprintf(&why, "%s %s", label, w.why) < 0))
		return -ENOMEM;
	*ret_why = why;
	*ret_remedy = w.remedy;
	return 0;
}
