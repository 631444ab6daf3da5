/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* In the order of the kernel, whose first match counts; tests/allow-list.py compares the two. */
#include <ctype.h>
#include <stddef.h>

#include "topology/allow_list.h"

#define WITHOUT_RECENT ALLOW_LIST_KERNEL(6, 12)
#define WITH_RECENT ALLOW_LIST_KERNEL(7, 3)

#define INTEL 0x8086
#define GOOGLE 0x1ae0
#define NVIDIA 0x10de

static const struct allow_list_entry entries[] = {
	/* Sandy Bridge and Haswell servers */
	{ INTEL, 0x3c00, ALLOW_LIST_SAME_BRIDGE },
	{ INTEL, 0x3c01, ALLOW_LIST_SAME_BRIDGE },
	{ INTEL, 0x2f00, ALLOW_LIST_SAME_BRIDGE },
	{ INTEL, 0x2f01, ALLOW_LIST_SAME_BRIDGE },
	/* Skylake servers and newer: root ports, and a system agent */
	{ INTEL, 0x2030, 0 },
	{ INTEL, 0x2031, 0 },
	{ INTEL, 0x2032, 0 },
	{ INTEL, 0x2033, 0 },
	{ INTEL, 0x2020, 0 },
	{ INTEL, 0x09a2, 0 },
	/* root buses that begin with an accelerator: DSA, IAA, QAT */
	{ INTEL, 0x0b25, ALLOW_LIST_RECENT },
	{ INTEL, 0x0cfe, ALLOW_LIST_RECENT },
	{ INTEL, 0x11fb, ALLOW_LIST_RECENT },
	{ INTEL, 0x1212, ALLOW_LIST_RECENT },
	{ INTEL, 0x1216, ALLOW_LIST_RECENT },
	{ INTEL, 0x4940, ALLOW_LIST_RECENT },
	{ INTEL, 0x4942, ALLOW_LIST_RECENT },
	{ INTEL, 0x4944, ALLOW_LIST_RECENT },
	{ INTEL, 0x4946, ALLOW_LIST_RECENT },
	{ INTEL, 0x4948, ALLOW_LIST_RECENT },
	{ GOOGLE, ALLOW_LIST_ANY_DEVICE, ALLOW_LIST_RECENT },
	{ NVIDIA, 0x2f95, ALLOW_LIST_RECENT },
	{ NVIDIA, 0x2f96, ALLOW_LIST_RECENT },
	{ NVIDIA, 0x2f97, ALLOW_LIST_RECENT },
	{ NVIDIA, 0x2f98, ALLOW_LIST_RECENT },
};

const struct allow_list_entry *allow_list_find(uint16_t vendor, uint16_t device)
{
	for (size_t i = 0; i < sizeof(entries) / sizeof(entries[0]); i++)
		if (entries[i].vendor == vendor &&
		    (entries[i].device == ALLOW_LIST_ANY_DEVICE || entries[i].device == device))
			return &entries[i];
	return NULL;
}

enum path_answer allow_list_has(const struct allow_list_entry *entry, unsigned int kernel)
{
	if (!(entry->flags & ALLOW_LIST_RECENT) || kernel >= WITH_RECENT)
		return PATH_YES;
	if (kernel == 0 || kernel > WITHOUT_RECENT)
		return PATH_UNKNOWN;
	return PATH_NO;
}

/* At most three digits, and no sign. Returns behind them, or NULL. */
static const char *number(const char *s, unsigned int *ret)
{
	unsigned int value = 0, digits = 0;

	for (; isdigit((unsigned char)*s); s++) {
		value = value * 10 + (unsigned int)(*s - '0');
		if (++digits > 3)
			return NULL;
	}
	*ret = value;
	return digits ? s : NULL;
}

unsigned int allow_list_kernel(const char *release)
{
	unsigned int version, patchlevel;
	const char *rest = number(release, &version);

	if (!rest || *rest != '.' || !number(rest + 1, &patchlevel))
		return 0;
	return ALLOW_LIST_KERNEL(version, patchlevel);
}
