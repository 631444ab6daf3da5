/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The CPU at work on a lent buffer, which may be revoked under its hands: the
 * kernel raises SIGBUS then. Host memory takes its place, so that whoever is at
 * work goes on, and asks afterwards whether it was for nothing.
 */
#pragma once

#include <stdbool.h>

#include <p2pmem/libp2pmem.h>

/* From here on, for one @buffer at a time, mapped at @memory; until touch_end(). */
void touch_begin(struct p2pmem_buffer *buffer, const void *memory);
void touch_end(void);

/* The buffer was taken away at an access since touch_begin(). */
bool touch_lost(void);
