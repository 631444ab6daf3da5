/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Checks of a whole machine, from the kernel up to permissions. Each group is
 * a file and adds its checks in the order in which things are to be mended. A
 * check that does not apply is not there. Scripts rely on the names of checks.
 */
#pragma once

#include "client/status.h"
#include "client/world.h"

enum doctor_result {
	DOCTOR_OK,
	DOCTOR_INFO, /* worth knowing */
	DOCTOR_UNKNOWN, /* could not be found out; the remedy says how it could */
	DOCTOR_WARNING, /* works, or may, with a catch */
	DOCTOR_FAILURE, /* does not work */
};

struct doctor_check {
	const char *id; /* static, like "kernel.p2pdma" */
	enum doctor_result result;
	enum ctl_status status; /* what a verb that fails for it exits with */
	char *reason;
	char *remedy; /* NULL: none */
};

/* Who asks. */
struct doctor_user {
	unsigned int uid;
	const unsigned int *groups;
	size_t n_groups;
	const char *cgroup; /* NULL: not known */
};

struct policy_directory;

struct doctor {
	const char *root; /* as in machine_look() */
	const char *sysfs;
	const struct world *world;
	const struct doctor_user *user; /* NULL: a captured machine */
	const struct policy_directory *names; /* NULL: this machine's users and groups */
	const char *socket;
	struct doctor_check *checks;
	size_t n_checks;
	bool failed; /* memory is short; what was added before is kept */
};

/* All checks, in order. -ENOMEM. */
int doctor_run(struct doctor *d);
void doctor_done(struct doctor *d);

/* What is worst among them; without a check, unknown. */
enum doctor_result doctor_worst(const struct doctor *d);
const char *doctor_result_name(enum doctor_result result);

/*
 * Says the first failure and its remedy on standard error, and returns the
 * exit status that goes with it. STATUS_OK: there is none.
 */
int doctor_say_failure(const struct doctor *d);

/* ---- for the groups ----------------------------------------------------- */

void doctor_add(struct doctor *d, const char *id, enum doctor_result result, const char *format,
		...) __attribute__((format(printf, 4, 5)));

/* Of the check that was added last. */
void doctor_remedy(struct doctor *d, const char *format, ...) __attribute__((format(printf, 2, 3)));
void doctor_status(struct doctor *d, enum ctl_status status);

/* This process runs in a container, and the rest of the machine is its host's. */
bool doctor_in_container(const struct doctor *d);

void doctor_kernel(struct doctor *d);
void doctor_module(struct doctor *d);
void doctor_hardware(struct doctor *d);
void doctor_iommu(struct doctor *d);
void doctor_paths(struct doctor *d);
void doctor_daemon(struct doctor *d);
void doctor_system(struct doctor *d);
void doctor_rights(struct doctor *d);
