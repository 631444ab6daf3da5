/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Pairs, for people. */
#pragma once

#include <stdbool.h>
#include <p2pmem/libp2pmem.h>

/*
 * The matrix on standard output, with the reasons below it; @all: every device
 * and region in a line of its own, however many there are. An exit status.
 */
int print_pairs(const struct p2pmem_pair *pairs, const struct p2pmem_device *devices, bool all);
