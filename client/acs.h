/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Words for ports: what one is, and what it does of ACS. */
#pragma once

#include <stdbool.h>
#include <p2pmem/libp2pmem.h>

#define ACS_TEXT_MAX 64

/* "downstream port" */
const char *port_word(enum p2pmem_hop_kind kind);

/* The bits that are set, as lspci calls them: "SV RR CR UF"; "none", "off" or "unknown". */
const char *acs_bits(bool known, bool has, uint16_t control, char buf[static ACS_TEXT_MAX]);

/* "redirects requests, completions"; "" if it redirects nothing. NULL when memory is short. */
char *acs_redirects(const struct p2pmem_name *redirects);
