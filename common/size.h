/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Sizes as people write them: K, M, G and T are powers of 1024. */
#pragma once

#include <stdint.h>

/* "4096", "64K", "1M", "2GiB". -EINVAL: no size, -ERANGE: more than a file can hold. */
int size_parse(const char *s, uint64_t *ret);
