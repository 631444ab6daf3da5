/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reasons in general, and those that are not about a path: reason_path.c has these. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "topology/reason.h"

static const char *const cause_names[] = {
	[CAUSE_UNKNOWN] = "unknown",
	[CAUSE_OWN_MEMORY] = "own_memory",
	[CAUSE_COMMON_BRIDGE] = "common_bridge",
	[CAUSE_HOST_BRIDGE_LISTED] = "host_bridge_listed",
	[CAUSE_HOST_BRIDGE_CPU] = "host_bridge_cpu",
	[CAUSE_HOST_BRIDGE_ALLOWED] = "host_bridge_allowed",
	[CAUSE_ACS_REDIRECT] = "acs_redirect",
	[CAUSE_HOST_BRIDGE_NOT_LISTED] = "host_bridge_not_listed",
	[CAUSE_DIFFERENT_HOST_BRIDGES] = "different_host_bridges",
	[CAUSE_NO_HOST_BRIDGE_FUNCTION] = "no_host_bridge_function",
	[CAUSE_ACS_UNKNOWN] = "acs_unknown",
	[CAUSE_HOST_BRIDGE_UNKNOWN] = "host_bridge_unknown",
	[CAUSE_CPU_UNKNOWN] = "cpu_unknown",
	[CAUSE_KERNEL_UNKNOWN] = "kernel_unknown",
	[CAUSE_PATH_UNKNOWN] = "path_unknown",
	[CAUSE_KERNEL_DISAGREES] = "kernel_disagrees",
	[CAUSE_DRIVER_UNAVAILABLE] = "driver_unavailable",
	[CAUSE_DRIVER_FAILED] = "driver_failed",
	[CAUSE_REGION_UNKNOWN] = "region_unknown",
	[CAUSE_LAYER] = "layer",
	[CAUSE_QUEUE] = "queue",
	[CAUSE_NOT_PCI] = "not_pci",
	[CAUSE_NO_CLIENT] = "no_client",
	[CAUSE_BELOW_MINIMUM] = "below_minimum",
};

#define N_CAUSES (sizeof(cause_names) / sizeof(cause_names[0]))

void reason_done(struct reason *r)
{
	free(r->why);
	free(r->remedy);
	free(r->cost);
	*r = (struct reason){};
}

const char *cause_name(enum cause cause)
{
	return cause_names[(size_t)cause < N_CAUSES ? cause : CAUSE_UNKNOWN];
}

int cause_parse(const char *name, enum cause *ret)
{
	for (size_t i = 0; i < N_CAUSES; i++)
		if (strcmp(cause_names[i], name) == 0) {
			*ret = (enum cause)i;
			return 0;
		}
	return -EINVAL;
}

int reason_set(struct reason *ret, enum cause cause, const char *remedy, const char *why, ...)
{
	struct reason r = { .cause = cause };
	va_list arguments;

	*ret = (struct reason){};
	va_start(arguments, why);
	if (vasprintf(&r.why, why, arguments) < 0)
		r.why = NULL;
	va_end(arguments);
	if (remedy)
		r.remedy = strdup(remedy);
	if (!r.why || (remedy && !r.remedy)) {
		reason_done(&r);
		return -ENOMEM;
	}
	*ret = r;
	return 0;
}

int reason_below_minimum(enum p2pmem_verdict verdict, enum p2pmem_verdict minimum,
			 struct reason *ret)
{
	return reason_set(ret, CAUSE_BELOW_MINIMUM, "Ask with a lower minVerdict.",
			  "the path is %s, and no less than %s was asked for",
			  verdict_name(verdict), verdict_name(minimum));
}
