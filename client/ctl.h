/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * p2pmemctl: a verb per file. A verb gets its own arguments (argv[0] is its
 * name) and returns an exit status; what went wrong has been said by then.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <p2pmem/libp2pmem.h>

#include "client/say.h"
#include "client/status.h"

struct json_object;

struct verb {
	const char *name;
	const char *arguments;
	const char *summary;
	const char *help; /* what is below the first lines of its --help */
	bool takes_tree; /* knows what to do with --sysfs */
	int (*run)(int argc, char **argv);
};

extern const struct verb verb_list, verb_pairs, verb_topology, verb_explain, verb_leases, verb_copy,
	verb_doctor, verb_report, verb_policy, verb_revoke, verb_drain, verb_undrain, verb_metrics,
	verb_monitor, verb_run, verb_verify, verb_bench, verb_cdi, verb_help;

/* Ended by NULL. */
extern const struct verb *const verbs[];

const struct verb *verb_find(const char *name);

/* Says that there is no such verb, and which one may be meant. */
int verb_unknown(const char *name);

/* The word out of @words (ended by NULL) that a mistyped one is near to, or NULL. */
const char *suggest(const char *word, const char *const *words);

void verb_print_help(const struct verb *v);

/* "Try p2pmemctl VERB --help", and the exit status that goes with it. */
int usage_hint(const struct verb *v);

/*
 * Options of a verb that only lists: -o, -h, and no arguments. -1: go on,
 * otherwise the exit status to end with.
 */
int parse_list_options(const struct verb *v, int argc, char **argv, bool *ret_json);

/* The same, where arguments follow: they begin at optind. */
int parse_output_options(const struct verb *v, int argc, char **argv, bool *ret_json);

/* Says that the option getopt_long() stumbled over (@c is '?' or ':') is wrong. */
int option_problem(const struct verb *v, int c, char **argv);

/* The value of -o. -1: go on, otherwise an exit status. */
int parse_output(const struct verb *v, const char *value, bool *ret_json);

int run_status(int argc, char **argv);

/*
 * A client connected to the socket in $P2PMEM_SOCKET or the default one. If
 * that fails, says what is missing, and returns the exit status for it.
 */
int ctl_connect(struct p2pmem_client **ret);
void client_freep(struct p2pmem_client **client);
const char *ctl_socket_path(void);

/* Says what the library's last failure was, and returns the exit status for it. */
int ctl_failure(struct p2pmem_client *client, int error);

/*
 * The block devices of a PCI function, for those who do not know addresses by
 * heart: "nvme0n1,nvme0n2", or "". NULL when memory is short.
 */
char *block_names(const struct p2pmem_device *devices, const char *address);

/* In which a verdict is shown. */
enum colour verdict_colour(enum p2pmem_verdict verdict);

/* Lists of the library end with the variable's scope. */
void list_freep(void *list);
#define _cleanup_list_ _cleanup_(list_freep)

/* An object that begins with "schema":1; NULL when memory is short. */
struct json_object *ctl_json_new(void);

/* { "schema": 1, NAME: list }; the list is taken over. An exit status. */
int ctl_print_list(const char *name, struct json_object *list);

/* Prints @o, which may be NULL for want of memory. An exit status. */
int ctl_print_json(struct json_object *o);
