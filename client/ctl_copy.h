/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * copy, in the order in which it goes: options, checks of both ends, memory,
 * the transfer, the report. Functions return an exit status and have said
 * what was wrong.
 */
#pragma once

#include <signal.h>
#include <p2pmem/io.h>

#include "client/compare.h"
#include "client/endpoint.h"
#include "client/progress.h"
#include "client/status.h"

struct copy_options {
	const char *src;
	const char *dst;
	uint64_t size; /* 0: all of SRC */
	uint64_t block_size; /* 0: what suits both ends */
	unsigned int queue_depth;
	bool wants_depth; /* it was asked for, and is no default */
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

/* What the data goes through: memory, lent or the host's, and what moves it. */
struct copy_memory {
	struct p2pmem_buffer *buffer; /* NULL: the host's */
	const struct p2pmem_lease *lease; /* NULL: the host's */
	void *mapped; /* of the host */
	size_t size;
	struct p2pmem_io *io;
	struct p2pmem_io_file *src;
	struct p2pmem_io_file *dst;
};

/* ctl_copy_stop.c: which signal asked for the end, or 0. */
extern volatile sig_atomic_t copy_stop;

/* The exit status for that. */
int copy_stopped_status(void);

/* From now on signals end what has been named by the functions below; NULL: nothing. */
void copy_catch_signals(void);
void copy_stops_client(struct p2pmem_client *client);
void copy_stops_io(struct p2pmem_io *io);

/* ctl_copy_check.c: before anything is opened for writing, and before anything is written. */
int copy_check_overlap(const struct endpoint *src, const struct endpoint *dst);
int copy_check_empty(const struct endpoint *dst, bool force);
int copy_plan_size(const struct copy_options *o, const struct endpoint *src,
		   const struct endpoint *dst, uint64_t *ret);
int copy_check_contents(const struct endpoint *dst, bool force);
int copy_check_room(const struct endpoint *dst, uint64_t size);

/* ctl_copy_memory.c: for blocks of @block bytes, as many in flight as the options say. */
int copy_memory_host(const struct copy_options *o, const struct endpoint *src,
		     const struct endpoint *dst, uint64_t block, struct copy_memory *ret);
int copy_memory_lent(const struct copy_options *o, const struct endpoint *src,
		     const struct endpoint *dst, uint64_t block, struct copy_memory *ret);
void copy_memory_clear(struct copy_memory *m);

/* What the transfer took. */
struct copy_cost {
	double seconds;
	double cpu_seconds;
};

/* ctl_copy_report.c */
struct copy_report {
	const struct copy_options *options;
	const struct copy_memory *memory;
	uint64_t size;
	uint64_t block_size;
	uint64_t done; /* bytes that are through */
	struct copy_cost cost;
	uint64_t compared; /* bytes that are equal */
	uint64_t read_back; /* for that, from both; 0 without --verify */
};

/* ctl_copy_transfer.c: fill in what is left of the report. */
int copy_transfer(struct copy_report *report);
/* Always through host memory: peer-to-peer transfers are what is in question. */
int copy_compare(struct copy_report *report, const struct endpoint *src,
		 const struct endpoint *dst);

/* Bytes that were written. */
uint64_t copy_written(const struct copy_memory *m);

int copy_report(const struct copy_report *r);
/* Why the transfer ended with @error. */
int copy_report_failure(const struct copy_report *r, int error);
/* Why the comparison through @io ended with @error. */
int copy_report_unread(const struct copy_report *r, struct p2pmem_io *io, int error);
int copy_report_difference(const struct copy_report *r, uint64_t difference);
