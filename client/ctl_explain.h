/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* An explanation, for people. */
#pragma once

#include <p2pmem/libp2pmem.h>

/* On standard output. An exit status. */
int print_explanation(const struct p2pmem_explanation *e, const struct p2pmem_device *devices);
