/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The record of a lease: what the kernel does not know of a buffer, as the
 * text of a file named by its cookie. Pure.
 *
 * Members may be added by later versions and are passed over here; a version
 * that means something else by one has another number, and its records are
 * refused.
 */
#pragma once

#include <stddef.h>

#include "daemon/lease.h"

/* The text, to be freed, or NULL when memory is short. */
char *record_format(const struct lease *l);

/*
 * A lease as recorded, without a buffer: its number, size, region and state
 * are the driver's to say. -EBADMSG: it is no record, or another's than @id.
 */
int record_parse(const char *id, const char *text, size_t n, struct lease **ret);
