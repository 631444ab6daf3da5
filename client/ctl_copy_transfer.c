/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The transfer itself, what it costs, and the comparison afterwards. */
#include <sys/resource.h>
#include <time.h>

#include "common/cleanup.h"
#include "client/ctl_copy.h"

static double seconds_of(const struct timeval *t)
{
	return (double)t->tv_sec + (double)t->tv_usec / 1e6;
}

static struct copy_cost cost_now(void)
{
	struct timespec t;
	struct rusage u;

	clock_gettime(CLOCK_MONOTONIC, &t);
	getrusage(RUSAGE_SELF, &u);
	return (struct copy_cost){
		.seconds = (double)t.tv_sec + (double)t.tv_nsec / 1e9,
		.cpu_seconds = seconds_of(&u.ru_utime) + seconds_of(&u.ru_stime),
	};
}

int copy_transfer(struct copy_report *report)
{
	struct progress progress;
	struct p2pmem_io_copy_options options = {
		.struct_size = sizeof(options),
		.src = report->memory->src,
		.dst = report->memory->dst,
		.length = report->size,
		.block_size = report->block_size,
		.truncate = 1,
		.sync = 1,
		.progress = progress_update,
		.userdata = &progress,
	};
	struct copy_cost before = cost_now(), after;
	int r;

	copy_stops_io(report->memory->io);
	progress_begin(&progress, "copying", report->size, report->options->quiet);
	r = p2pmem_io_copy(report->memory->io, &options);
	progress_end(&progress);
	copy_stops_io(NULL);
	after = cost_now();
	report->done = p2pmem_io_done(report->memory->io);
	report->cost = (struct copy_cost){ after.seconds - before.seconds,
					   after.cpu_seconds - before.cpu_seconds };
	return r < 0 ? copy_report_failure(report, r) : STATUS_OK;
}

static int compare_through(struct copy_report *report, const struct copy_memory *m)
{
	struct compare_result result;
	struct progress progress;
	struct compare_job job = {
		.io = m->io,
		.a = m->src,
		.b = m->dst,
		.size = report->size,
		.stop = &copy_stop,
		.progress = progress_update,
		.data = &progress,
	};
	int r;

	progress_begin(&progress, "comparing", report->size, report->options->quiet);
	r = compare_files(&job, &result);
	progress_end(&progress);
	report->compared = result.done;
	report->read_back = p2pmem_io_get_counters(m->io)->host_memory_read;
	if (r < 0)
		return copy_report_unread(report, m->io, r);
	return r == 0 ? copy_report_difference(report, result.difference) : STATUS_OK;
}

int copy_compare(struct copy_report *report, const struct endpoint *src, const struct endpoint *dst)
{
	_cleanup_(copy_memory_clear) struct copy_memory memory = {};
	struct copy_options options = *report->options;
	int s;

	options.wants_depth = false;
	if (options.queue_depth < 2)
		options.queue_depth = 2;
	s = copy_memory_host(&options, src, dst, report->block_size, &memory);
	return s == STATUS_OK ? compare_through(report, &memory) : s;
}
