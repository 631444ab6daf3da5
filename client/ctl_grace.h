/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The option --grace, of more than one verb. */
#pragma once

#include <stdint.h>

#include "client/ctl.h"

/* -1: go on, otherwise an exit status. */
int parse_grace(const struct verb *v, const char *value, uint64_t *ret_usec);
