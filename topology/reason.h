/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Words for a verdict and for what can be done about it, and the exact cause
 * as a code. Pure.
 *
 * Every function fills *ret, whatever was in it, and returns 0 or -ENOMEM; it
 * leaves an empty one on failure.
 */
#pragma once

#include "topology/path.h"

/* Their names are part of the protocol: add, and do not rename. */
enum cause {
	CAUSE_UNKNOWN, /* nothing is known of it */

	/* It works. */
	CAUSE_OWN_MEMORY,
	CAUSE_COMMON_BRIDGE,
	CAUSE_HOST_BRIDGE_LISTED,
	CAUSE_HOST_BRIDGE_CPU, /* every host bridge of this kind of processor does */
	CAUSE_HOST_BRIDGE_ALLOWED, /* the kernel says so; by which rule is not known here */

	/* The kernel refuses it. */
	CAUSE_ACS_REDIRECT,
	CAUSE_HOST_BRIDGE_NOT_LISTED,
	CAUSE_DIFFERENT_HOST_BRIDGES,
	CAUSE_NO_HOST_BRIDGE_FUNCTION, /* the kernel cannot tell which host bridge it is */

	/* Something could not be read. */
	CAUSE_ACS_UNKNOWN,
	CAUSE_HOST_BRIDGE_UNKNOWN,
	CAUSE_CPU_UNKNOWN,
	CAUSE_KERNEL_UNKNOWN, /* kernels differ here, and which one is meant is not known */
	CAUSE_PATH_UNKNOWN, /* the hops make no path */

	CAUSE_KERNEL_DISAGREES, /* with the rules as they are known here */
	CAUSE_DRIVER_UNAVAILABLE,
	CAUSE_DRIVER_FAILED, /* it is there and could not tell */
	CAUSE_REGION_UNKNOWN, /* the driver does not know that memory */

	/* Of the block device. */
	CAUSE_LAYER,
	CAUSE_QUEUE,
	CAUSE_NOT_PCI,
	CAUSE_NO_CLIENT, /* a bridge, which does no DMA of its own */

	CAUSE_BELOW_MINIMUM,
};

struct reason {
	enum cause cause;
	char *why; /* a clause, without a full stop */
	char *remedy; /* sentences; NULL: nothing to remedy, or no way to */
	char *cost; /* of the remedy, sentences; NULL: none but the work */
};

void reason_done(struct reason *r);

/* By the names of the protocol; cause_parse() gives -EINVAL for others. */
const char *cause_name(enum cause cause);
int cause_parse(const char *name, enum cause *ret);

int reason_set(struct reason *ret, enum cause cause, const char *remedy, const char *why, ...)
	__attribute__((format(printf, 4, 5)));

/*
 * For @verdict, which is the driver's, or that of path_judge(). @path may be
 * the driver's or from the model. @computed is what the rules give in the
 * model; NULL: what they give on @path. If @verdict is another one, that is
 * the reason.
 */
int reason_for_path(const struct path *path, const struct topology_cpu *cpu,
		    const struct verdict *verdict, const struct verdict *computed,
		    struct reason *ret);

/* Are they two answers to one question? `unknown` is none. */
bool reason_is_disagreement(const struct verdict *verdict, const struct verdict *computed);

/* What to say when the path is fine and the tenant wanted a better one. */
int reason_below_minimum(enum p2pmem_verdict verdict, enum p2pmem_verdict minimum,
			 struct reason *ret);
