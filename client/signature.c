/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <string.h>
#include <blkid.h>

#include "common/cleanup.h"
#include "client/signature.h"

static void probe_freep(blkid_probe *p)
{
	if (*p)
		blkid_free_probe(*p);
}

static const char *value(blkid_probe p, const char *name)
{
	const char *v;

	return blkid_probe_lookup_value(p, name, &v, NULL) == 0 ? v : NULL;
}

static int describe(blkid_probe p, char **ret)
{
	const char *type = value(p, "TYPE"), *usage = value(p, "USAGE"), *label = value(p, "LABEL");
	const char *table = value(p, "PTTYPE");
	int r;

	if (table)
		r = asprintf(ret, "a partition table (%s)", table);
	else if (usage && strcmp(usage, "filesystem") == 0)
		r = asprintf(ret, "a file system (%s%s%s)", type ? type : "of unknown type",
			     label ? ", label " : "", label ? label : "");
	else
		r = asprintf(ret, "a signature (%s%s%s)", type ? type : "of unknown type",
			     usage ? ", " : "", usage ? usage : "");
	return r < 0 ? -ENOMEM : 1;
}

int signature_find(int fd, char **ret)
{
	_cleanup_(probe_freep) blkid_probe p = blkid_new_probe();
	int r;

	if (!p)
		return -ENOMEM;
	errno = 0;
	if (blkid_probe_set_device(p, fd, 0, 0) != 0)
		return errno ? -errno : -EIO;
	blkid_probe_enable_superblocks(p, 1);
	blkid_probe_set_superblocks_flags(p, BLKID_SUBLKS_TYPE | BLKID_SUBLKS_USAGE |
						     BLKID_SUBLKS_LABEL);
	blkid_probe_enable_partitions(p, 1);
	errno = 0;
	r = blkid_do_safeprobe(p);
	if (r == 0)
		return describe(p, ret);
	if (r == 1)
		return 0;
	if (r != -2)
		return errno ? -errno : -EIO;
	/* More than one signature: which one counts does not matter here. */
	*ret = strdup("several signatures");
	return *ret ? 1 : -ENOMEM;
}
