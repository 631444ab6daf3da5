/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The file that says that a region is drained, named by its provider. Pure. */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* The text, to be freed, or NULL when memory is short. @revoke_at 0: the region was empty since. */
char *drain_record_format(uint64_t revoke_at);

/* -EBADMSG: it is none. */
int drain_record_parse(const char *text, size_t n, uint64_t *ret_revoke_at);
