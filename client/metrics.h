/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What GetMetrics returns as text: the exposition format 0.0.4 of Prometheus.
 * Pure. Families come in a fixed order, and their samples in that of the
 * object.
 */
#pragma once

#include <stdio.h>
#include <json-c/json.h>

/* -EBADMSG: that is no such object; what was written until then is worth nothing. */
int metrics_write(struct json_object *metrics, FILE *f);
