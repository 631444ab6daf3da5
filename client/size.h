/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Sizes as people write and read them: K, M, G and T are powers of 1024. */
#pragma once

#include <stdint.h>

#define SIZE_TEXT_MAX 32

/* "4096", "64K", "1M", "2GiB". -EINVAL: no size, -ERANGE: more than a file can hold. */
int size_parse(const char *s, uint64_t *ret);

/* For tables, short and rounded down to a tenth: "64M", "63.8M", "512". Returns @buf. */
const char *size_short(uint64_t size, char buf[static SIZE_TEXT_MAX]);

/* For sentences, exact: "256 MiB", "1000 bytes". Returns @buf. */
const char *size_exact(uint64_t size, char buf[static SIZE_TEXT_MAX]);
