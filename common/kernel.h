/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Whether a kernel has peer-to-peer DMA at all, and where one is that has.
 * @root is put before every path ("" for this machine), @release is uname's.
 */
#pragma once

enum kernel_support {
	KERNEL_UNKNOWN,
	KERNEL_WITHOUT_P2PDMA,
	KERNEL_WITH_P2PDMA
};

/* By the kernel's configuration where that was left, else by its symbols. */
enum kernel_support kernel_support(const char *root, const char *release);

/* What to type or install to get one that has it, for this distribution. Static. */
const char *kernel_remedy(const char *root);
