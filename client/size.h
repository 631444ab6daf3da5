/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Sizes as people read them, in powers of 1024, and as they write them. */
#pragma once

#include <stdint.h>

#include "common/size.h"

#define SIZE_TEXT_MAX 32

/* For tables, short and rounded down to a tenth: "64M", "63.8M", "512". Returns @buf. */
const char *size_short(uint64_t size, char buf[static SIZE_TEXT_MAX]);

/* For sentences, exact: "256 MiB", "1000 bytes". Returns @buf. */
const char *size_exact(uint64_t size, char buf[static SIZE_TEXT_MAX]);
