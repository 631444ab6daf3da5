/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The parts of the verb policy. Functions that return int return an exit status. */
#pragma once

#include "client/ctl.h"
#include "client/tree.h"
#include "policy/mistake.h"
#include "policy/policy.h"
#include "topology/describe.h"
#include "topology/sysfs.h"
#include "topology/topology.h"

/* { "name", "file", "line" }; NULL when memory is short. */
struct json_object *policy_rule_to_json(const struct policy_rule *r);

int policy_check(int argc, char **argv);
int policy_test(int argc, char **argv);

/* Reads the files, or the installed set if there are none, and says what is wrong with them. */
int policy_open(char **files, int n, struct policy *ret);

/* The same, without a word. A negative errno if they cannot be used. */
int policy_read(char **files, int n, struct policy *ret, struct mistakes *mistakes);

/* Who asks, as the options describe it. */
struct policy_subject {
	const char *user; /* a name or a number */
	char **groups; /* further ones */
	size_t n_groups;
	const char *cgroup; /* NULL: none */
};

int policy_subject_resolve(const struct policy_subject *s, struct peer *ret);

/* The functions of a machine, this one or that of --sysfs, found without the daemon. */
struct policy_machine {
	struct tree tree; /* of a captured one */
	struct sysfs sysfs;
	struct topology topology;
	struct p2pmem_region_info *regions; /* of them, what the driver calls the regions */
	size_t n_regions;
};

int policy_machine_open(struct policy_machine *m);
void policy_machine_done(struct policy_machine *m);

/* p2pmemN, or the address where that is not known. */
const char *policy_region_name(const struct policy_machine *m, const struct topology_function *f,
			       char buf[static REGION_NAME_MAX]);

/* By any of its names. */
int policy_find_region(const struct policy_machine *m, const char *name,
		       const struct topology_function **ret);

/* Adds the functions behind a device. */
int policy_add_device(const struct policy_machine *m, const char *name, struct object **devices,
		      size_t *n);
