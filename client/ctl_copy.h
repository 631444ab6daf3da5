/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * copy, in the order in which it goes: options, checks of both ends, memory,
 * the transfer, the report. Functions return an exit status and have said
 * what was wrong.
 */
#pragma once

#include <signal.h>
#include <p2pmem/libp2pmem.h>

#include "client/copy.h"
#include "client/endpoint.h"
#include "client/progress.h"

struct copy_options {
	const char *src;
	const char *dst;
	uint64_t size; /* 0: all of SRC */
	uint64_t block_size;
	enum p2pmem_verdict min_verdict;
	bool host_memory;
	bool require_p2p;
	bool verify;
	bool force;
	bool quiet;
	bool json;
};

/* -1: go on, otherwise the exit status to end with. @ret has the defaults at first. */
int copy_parse(int argc, char **argv, struct copy_options *ret);

/* Memory for the transfer: lent, or the host's. */
struct copy_memory {
	void *address;
	size_t size; /* of it, used: a multiple of what both ends want */
	size_t mapped; /* of the host's memory, 0 if it is lent */
	struct p2pmem_buffer *buffer; /* NULL: the host's */
	const struct p2pmem_lease *lease; /* NULL: the host's */
};

/* Which signal asked for the end, or 0. */
extern volatile sig_atomic_t copy_stop;

/* The exit status for that. */
int copy_stopped_status(void);

/* ctl_copy_check.c: before anything is opened for writing, and before anything is written. */
int copy_check_overlap(const struct endpoint *src, const struct endpoint *dst);
int copy_check_empty(const struct endpoint *dst, bool force);
int copy_plan_size(const struct copy_options *o, const struct endpoint *src,
		   const struct endpoint *dst, uint64_t *ret);
int copy_check_contents(const struct endpoint *dst, bool force);
int copy_check_room(const struct endpoint *dst, uint64_t size);

/* ctl_copy_memory.c */
int copy_memory_host(size_t size, struct copy_memory *ret);
int copy_memory_lent(const struct copy_options *o, const struct endpoint *src,
		     const struct endpoint *dst, uint64_t size, struct copy_memory *ret);
void copy_memory_clear(struct copy_memory *m);

/* ctl_copy_report.c */
struct copy_report {
	const struct copy_options *options;
	const struct copy_memory *memory;
	uint64_t size;
	struct copy_result copied;
	struct copy_result compared; /* all 0 without --verify */
};

int copy_report(const struct copy_report *r);
/* Why the transfer or the comparison (@compared) ended with @error. */
int copy_report_failure(const struct copy_report *r, bool compared, int error);
int copy_report_difference(const struct copy_report *r);
