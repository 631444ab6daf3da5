/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What watches hear of regions and devices: the difference between what there
 * is and what was told. So many changes in a short time are told as one.
 */
#pragma once

#include "daemon/broker.h"

/* From here on changes are told, against what there is now. 0 or -ENOMEM. */
int watch_regions_begin(struct broker *b);
void watch_regions_end(struct watches *ws);

/* Something about regions may have changed; with @devices, which devices there are. */
void watch_regions_touch(struct broker *b, bool devices);

/* Looks, and tells what is different. */
void watch_regions_tell(struct broker *b);
