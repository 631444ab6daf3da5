/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How long holders of memory have to give it back, as people write it. */
#pragma once

#include <stdint.h>

/* "90", "90s", "5m", "2h", in microseconds. -EINVAL: none of these, -ERANGE: more than a week. */
int grace_parse(const char *s, uint64_t *ret_usec);
