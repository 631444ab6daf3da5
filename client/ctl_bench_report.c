/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What bench measured, for people and for programs. */
#include <errno.h>
#include <stdio.h>
#include <json-c/json.h>

#include "common/cleanup.h"
#include "common/json.h"
#include "common/utf8.h"
#include "client/ctl_bench.h"
#include "client/size.h"
#include "client/table.h"

#define MIB (1024.0 * 1024)
#define GIB (1024 * MIB)

static double rate(const struct bench_sample *s)
{
	return s->nsec ? (double)s->bytes * 1e9 / (double)s->nsec : 0;
}

static double cpu_per_byte(const struct bench_sample *s)
{
	return s->bytes ? (double)s->cpu_usec / 1e6 / (double)s->bytes : 0;
}

static void add_time(struct table *t, uint64_t nsec)
{
	if (nsec < 1000000)
		table_addf(t, "%.0fus", (double)nsec / 1e3);
	else
		table_addf(t, "%.1fms", (double)nsec / 1e6);
}

static void add_sample(struct table *t, const char *memory, const struct bench_sample *s)
{
	table_add(t, memory);
	table_addf(t, "%.1f", rate(s) / MIB);
	table_addf(t, "%.0f", s->nsec ? (double)s->latency.count * 1e9 / (double)s->nsec : 0);
	add_time(t, durations_value(&s->latency, 500));
	add_time(t, durations_value(&s->latency, 990));
	add_time(t, s->latency.max);
	table_addf(t, "%.3f", cpu_per_byte(s) * GIB);
}

static void add_ratio(struct table *t, double a, double b)
{
	if (b > 0)
		table_addf(t, "%.2f", a / b);
	else
		table_add(t, NULL);
}

static void add_ratios(struct table *t, const struct bench_row *r)
{
	const struct durations *p = &r->peer.latency, *h = &r->host.latency;

	table_add(t, "ratio");
	add_ratio(t, rate(&r->peer), rate(&r->host));
	add_ratio(t, rate(&r->peer), rate(&r->host));
	add_ratio(t, durations_value(p, 500), durations_value(h, 500));
	add_ratio(t, durations_value(p, 990), durations_value(h, 990));
	add_ratio(t, p->max, h->max);
	add_ratio(t, cpu_per_byte(&r->peer), cpu_per_byte(&r->host));
}

static void add_what(struct table *t, const struct bench_row *r)
{
	char size[SIZE_TEXT_MAX];

	table_add(t, r->path);
	table_add(t, r->operation);
	table_add(t, size_short(r->shape.block, size));
	table_addf(t, "%u", r->shape.depth);
}

static void add_row(struct table *t, const struct bench_row *r)
{
	add_what(t, r);
	add_sample(t, "peer", &r->peer);
	add_what(t, r);
	add_sample(t, "host", &r->host);
	add_what(t, r);
	add_ratios(t, r);
}

static int report_table(const struct p2pmem_region *region, const struct bench_row *rows, size_t n)
{
	static const char *const headings[] = { "DEVICE", "DO",	   "BLOCK",    "DEPTH",
						"MEMORY", "MIB/S", "IOPS",     "P50",
						"P99",	  "MAX",   "CPU-S/GIB" };
	_cleanup_(table_freep) struct table *t = table_new(11);

	if (!t)
		return no_memory();
	for (size_t i = 0; i < 11; i++)
		table_add_coloured(t, COLOUR_BOLD, headings[i]);
	for (size_t i = 2; i < 11; i++)
		if (i != 4)
			table_align_right(t, i);
	for (size_t i = 0; i < n; i++)
		add_row(t, &rows[i]);
	if (table_print(t, stdout) < 0)
		return no_memory();
	say(stdout, "peer: memory of %s (%s); host: host memory; ratio: the first by the second",
	    region->name, region->provider);
	return STATUS_OK;
}

static struct json_object *latency_json(const struct durations *h)
{
	_cleanup_json_ struct json_object *o = json_object_new_object();

	if (!o || json_add_int(o, "p50", (int64_t)durations_value(h, 500)) < 0 ||
	    json_add_int(o, "p90", (int64_t)durations_value(h, 900)) < 0 ||
	    json_add_int(o, "p99", (int64_t)durations_value(h, 990)) < 0 ||
	    json_add_int(o, "p999", (int64_t)durations_value(h, 999)) < 0 ||
	    json_add_int(o, "max", (int64_t)h->max) < 0)
		return NULL;
	return take_ptr(o);
}

static struct json_object *sample_json(const struct bench_sample *s)
{
	_cleanup_json_ struct json_object *o = json_object_new_object();

	if (!o || json_add_int(o, "bytes", (int64_t)s->bytes) < 0 ||
	    json_add_int(o, "transfers", (int64_t)s->latency.count) < 0 ||
	    json_add_int(o, "usec", (int64_t)(s->nsec / 1000)) < 0 ||
	    json_add_int(o, "cpuUSec", (int64_t)s->cpu_usec) < 0 ||
	    json_add(o, "latencyNSec", latency_json(&s->latency)) < 0)
		return NULL;
	return take_ptr(o);
}

static struct json_object *row_json(const struct bench_row *r)
{
	_cleanup_json_ struct json_object *o = json_object_new_object();
	_cleanup_free_ char *path = utf8_clean(r->path);

	if (!o || !path || json_add_string(o, "path", path) < 0 ||
	    json_add_string(o, "operation", r->operation) < 0 ||
	    json_add_string(o, "verdict", p2pmem_verdict_name(r->verdict)) < 0 ||
	    json_add_string(o, "engine", p2pmem_io_engine_name(r->engine)) < 0 ||
	    json_add_int(o, "blockSize", (int64_t)r->shape.block) < 0 ||
	    json_add_int(o, "queueDepth", r->shape.depth) < 0 ||
	    json_add(o, "peer", sample_json(&r->peer)) < 0 ||
	    json_add(o, "host", sample_json(&r->host)) < 0)
		return NULL;
	return take_ptr(o);
}

static int report_json(const struct p2pmem_region *region, const struct bench_row *rows, size_t n)
{
	_cleanup_json_ struct json_object *root = ctl_json_new(), *o = json_object_new_object(),
					  *runs = json_object_new_array();

	if (!root || !o || !runs || json_add_string(o, "region", region->name) < 0 ||
	    json_add_string(o, "provider", region->provider) < 0)
		return no_memory();
	for (size_t i = 0; i < n; i++) {
		struct json_object *row = row_json(&rows[i]);

		if (!row || json_append(runs, row) < 0)
			return no_memory();
	}
	if (json_add(o, "runs", take_ptr(runs)) < 0 || json_add(root, "bench", take_ptr(o)) < 0)
		return no_memory();
	return ctl_print_json(root);
}

int bench_report(const struct bench_options *o, const struct p2pmem_region *region,
		 const struct bench_row *rows, size_t n)
{
	return o->json ? report_json(region, rows, n) : report_table(region, rows, n);
}
