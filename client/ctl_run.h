/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * run, in the order in which it goes: options, the lease, the program's
 * arguments and environment, the program. Functions return an exit status and
 * have said what was wrong, unless they say otherwise.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <p2pmem/libp2pmem.h>

struct run_options {
	const char **devices; /* owned; what they are called */
	size_t n_devices;
	const char *region; /* what it is called, or NULL */
	const char *name; /* of the lease */
	const char *replace; /* stands for the path in arguments; "": nothing does */
	uint64_t size;
	enum p2pmem_verdict min_verdict;
	char **program; /* with its arguments, ended by NULL */
};

/* -1: go on, otherwise the exit status to end with. @ret has the defaults at first. */
int run_parse(int argc, char **argv, struct run_options *ret);
void run_options_clear(struct run_options *o);

/* A copy of @argv with @path wherever @text stood, to be freed by run_argv_free(). -ENOMEM. */
int run_argv(char *const *argv, const char *text, const char *path, char ***ret);
void run_argv_free(char ***argv);

/* What is run, and with which buffer. */
struct program {
	char *const *argv;
	int fd; /* of the buffer; inherited */
};

/*
 * Runs it in the caller's own process group, hands signals on to it, and waits
 * until it ends. Its exit status, or 128 and the number of the signal that
 * ended it.
 */
int program_run(const struct program *p);
