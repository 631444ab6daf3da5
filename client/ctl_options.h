/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Values of options that several verbs have. -1: go on, otherwise what was
 * wrong has been said, and this is the exit status to end with.
 */
#pragma once

#include <stdint.h>

#include "client/ctl.h"

/* A size above 0. */
int parse_size_option(const struct verb *v, const char *option, const char *text, uint64_t *ret);

/* The same, a multiple of the page size and at most 1G. */
int parse_block_option(const struct verb *v, const char *option, const char *text, uint64_t *ret);

/* A whole number from 1 to @max. */
int parse_count_option(const struct verb *v, const char *option, const char *text, uint64_t max,
		       uint64_t *ret);

/* The value of --require-p2p, NULL if there is none. */
int parse_verdict_option(const struct verb *v, const char *text, enum p2pmem_verdict *ret);
