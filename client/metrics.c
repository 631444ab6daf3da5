/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <inttypes.h>

#include "common/json.h"
#include "client/metrics.h"

struct label {
	const char *name;
	const char *member; /* whose text it has; NULL: none */
	const char *text; /* instead of a member */
};

/* A sample for each object of a list, or the one of the whole. */
struct series {
	const char *name;
	const char *type;
	const char *help; /* NULL: goes on with the family before it */
	const char *list; /* NULL: of the whole */
	const char *member; /* absent or null: no sample */
	enum json_kind kind;
	struct label labels[3];
};

#define REGION_LABELS                        \
	{ "region", "name", NULL },          \
	{                                    \
		"provider", "provider", NULL \
	}
#define REGION_STATE(state, member)                                             \
	{                                                                       \
		"p2pmem_region_bytes", NULL, NULL, "regions", member, JSON_INT, \
		{                                                               \
			REGION_LABELS,                                          \
			{                                                       \
				"state", NULL, state                            \
			}                                                       \
		}                                                               \
	}

static const struct series all_series[] = {
	{ "p2pmem_region_size_bytes",
	  "gauge",
	  "Peer-to-peer memory of a region.",
	  "regions",
	  "size",
	  JSON_INT,
	  { REGION_LABELS } },
	{ "p2pmem_region_bytes",
	  "gauge",
	  "What the memory of a region is used for; draining: nobody holds it any more, and "
	  "transfers are in flight; others: allocated past the driver.",
	  "regions",
	  "free",
	  JSON_INT,
	  { REGION_LABELS, { "state", NULL, "free" } } },
	REGION_STATE("allocated", "allocated"),
	REGION_STATE("draining", "draining"),
	REGION_STATE("others", "heldByOthers"),
	{ "p2pmem_region_largest_free_bytes",
	  "gauge",
	  "How much may be had in one piece. An estimate: the kernel does not tell.",
	  "regions",
	  "largestEstimate",
	  JSON_INT,
	  { REGION_LABELS } },
	{ "p2pmem_region_not_lent_bytes",
	  "gauge",
	  "Of allocated and draining, what was allocated past the broker.",
	  "regions",
	  "notLent",
	  JSON_INT,
	  { REGION_LABELS } },
	{ "p2pmem_region_buffers",
	  "gauge",
	  "Buffers in a region.",
	  "regions",
	  "buffers",
	  JSON_INT,
	  { REGION_LABELS } },
	{ "p2pmem_region_drained",
	  "gauge",
	  "Whether nothing is lent from a region because an administrator said so.",
	  "regions",
	  "drained",
	  JSON_BOOL,
	  { REGION_LABELS } },
	{ "p2pmem_leases",
	  "gauge",
	  "Leases by state.",
	  "leases",
	  "count",
	  JSON_INT,
	  { { "state", "name", NULL } } },
	{ "p2pmem_tenant_leases",
	  "gauge",
	  "Leases of a tenant in a region.",
	  "tenants",
	  "leases",
	  JSON_INT,
	  { { "tenant", "tenant", NULL }, { "provider", "provider", NULL } } },
	{ "p2pmem_tenant_bytes",
	  "gauge",
	  "What a tenant is charged for in a region.",
	  "tenants",
	  "bytes",
	  JSON_INT,
	  { { "tenant", "tenant", NULL }, { "provider", "provider", NULL } } },
	{ "p2pmem_policy_rules",
	  "gauge",
	  "Rules of the policy that is in force.",
	  NULL,
	  "policyRules",
	  JSON_INT,
	  {} },
	{ "p2pmem_policy_valid",
	  "gauge",
	  "Whether the policy could be used when it was last read.",
	  NULL,
	  "policyValid",
	  JSON_BOOL,
	  {} },
	{ "p2pmem_policy_loads_total",
	  "counter",
	  "How often the policy was read, well or not.",
	  NULL,
	  "policyLoads",
	  JSON_INT,
	  {} },
	{ "p2pmem_leases_granted_total",
	  "counter",
	  "Leases that were granted.",
	  NULL,
	  "leasesGranted",
	  JSON_INT,
	  {} },
	{ "p2pmem_leases_ended_total",
	  "counter",
	  "Leases that ended, with those that an earlier daemon granted.",
	  NULL,
	  "leasesEnded",
	  JSON_INT,
	  {} },
	{ "p2pmem_granted_bytes_total",
	  "counter",
	  "Bytes of the leases that were granted.",
	  NULL,
	  "bytesGranted",
	  JSON_INT,
	  {} },
	{ "p2pmem_requests_total",
	  "counter",
	  "Calls by method.",
	  "requests",
	  "count",
	  JSON_INT,
	  { { "method", "name", NULL } } },
	{ "p2pmem_refusals_total",
	  "counter",
	  "Calls that were refused, by error.",
	  "refusals",
	  "count",
	  JSON_INT,
	  { { "error", "name", NULL } } },
	{ "p2pmem_revocations_total",
	  "counter",
	  "Leases that were ended before they were given back, and notices of that.",
	  "revocations",
	  "count",
	  JSON_INT,
	  { { "reason", "name", NULL } } },
	{ "p2pmem_connections_total",
	  "counter",
	  "Connections that were accepted.",
	  NULL,
	  "connectionsAccepted",
	  JSON_INT,
	  {} },
	{ "p2pmem_disconnections_total",
	  "counter",
	  "Connections that ended, by cause.",
	  "disconnections",
	  "count",
	  JSON_INT,
	  { { "cause", "name", NULL } } },
};

#define N_SERIES (sizeof(all_series) / sizeof(all_series[0]))
#define N_LABELS (sizeof(all_series[0].labels) / sizeof(all_series[0].labels[0]))
#define LATENCY "p2pmem_request_duration_seconds"

static void write_header(FILE *f, const char *name, const char *type, const char *help)
{
	fprintf(f, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static void write_escaped(FILE *f, const char *text)
{
	for (; *text; text++)
		if (*text == '\n')
			fputs("\\n", f);
		else if (*text == '\\' || *text == '"')
			fprintf(f, "\\%c", *text);
		else
			fputc(*text, f);
}

/* ---- what most of them are like ---------------------------------------- */

static int write_label(FILE *f, const struct label *l, struct json_object *o, bool first)
{
	const char *text = l->text, *bad;
	const struct json_field fields[] = { { l->member, JSON_STRING, true, &text }, {} };

	if (!text && json_read(o, fields, false, &bad) < 0)
		return -EBADMSG;
	fprintf(f, "%c%s=\"", first ? '{' : ',', l->name);
	write_escaped(f, text);
	fputc('"', f);
	return 0;
}

static int write_name(FILE *f, const struct series *s, struct json_object *o)
{
	size_t n = 0;
	int r = 0;

	fputs(s->name, f);
	for (; r == 0 && n < N_LABELS && s->labels[n].name; n++)
		r = write_label(f, &s->labels[n], o, n == 0);
	if (n > 0)
		fputc('}', f);
	return r;
}

/* -1: absent. */
static int read_value(struct json_object *o, const struct series *s, int64_t *ret)
{
	int64_t number = -1;
	bool flag = false;
	const struct json_field fields[] = {
		{ s->member, s->kind, false, s->kind == JSON_BOOL ? (void *)&flag : &number },
		{},
	};
	const char *bad;

	if (json_read(o, fields, false, &bad) < 0 || number < -1)
		return -EBADMSG;
	if (s->kind == JSON_BOOL && json_object_object_get(o, s->member))
		number = flag;
	*ret = number;
	return 0;
}

static int write_sample(FILE *f, const struct series *s, struct json_object *o)
{
	int64_t value;
	int r = json_object_is_type(o, json_type_object) ? read_value(o, s, &value) : -EBADMSG;

	if (r < 0 || value < 0)
		return r;
	r = write_name(f, s, o);
	fprintf(f, " %" PRId64 "\n", value);
	return r;
}

static int write_series(FILE *f, const struct series *s, struct json_object *metrics)
{
	struct json_object *list = NULL;
	const struct json_field fields[] = { { s->list, JSON_ARRAY, false, &list }, {} };
	const char *bad;
	size_t n;
	int r = 0;

	if (s->list && json_read(metrics, fields, false, &bad) < 0)
		return -EBADMSG;
	/* Not told to everybody. */
	if (s->list && !list)
		return 0;
	if (s->help)
		write_header(f, s->name, s->type, s->help);
	n = list ? json_object_array_length(list) : 0;
	for (size_t i = 0; r == 0 && i < n; i++)
		r = write_sample(f, s, json_object_array_get_idx(list, i));
	return s->list ? r : write_sample(f, s, metrics);
}

/* ---- the histogram ----------------------------------------------------- */

/* Without a double in between, which would not keep what it is given. */
static void write_seconds(FILE *f, int64_t usec)
{
	fprintf(f, "%" PRId64 ".%06" PRId64, usec / 1000000, usec % 1000000);
}

static int write_bucket(FILE *f, struct json_object *o, int64_t *count)
{
	int64_t bound = -1;
	const struct json_field fields[] = {
		{ "upToUSec", JSON_INT, false, &bound },
		{ "count", JSON_INT, true, count },
		{},
	};
	int64_t before = *count;
	const char *bad;

	if (!json_object_is_type(o, json_type_object) || json_read(o, fields, false, &bad) < 0 ||
	    *count < before)
		return -EBADMSG;
	fputs(LATENCY "_bucket{le=\"", f);
	if (bound < 0)
		fputs("+Inf", f);
	else
		write_seconds(f, bound);
	fprintf(f, "\"} %" PRId64 "\n", *count);
	return bound < 0;
}

static int write_latency(FILE *f, struct json_object *metrics)
{
	struct json_object *list;
	int64_t sum, count = 0;
	const struct json_field fields[] = {
		{ "latency", JSON_ARRAY, true, &list },
		{ "latencySumUSec", JSON_INT, true, &sum },
		{},
	};
	const char *bad;
	int r = 0;

	if (json_read(metrics, fields, false, &bad) < 0 || sum < 0)
		return -EBADMSG;
	write_header(f, LATENCY, "histogram",
		     "How long calls took from their turn until they were answered.");
	for (size_t i = 0; r == 0 && i < json_object_array_length(list); i++)
		r = write_bucket(f, json_object_array_get_idx(list, i), &count);
	/* The last one is the one without a bound, or it is no histogram. */
	if (r != 1)
		return -EBADMSG;
	fputs(LATENCY "_sum ", f);
	write_seconds(f, sum);
	fprintf(f, "\n" LATENCY "_count %" PRId64 "\n", count);
	return 0;
}

static int write_version(FILE *f, struct json_object *metrics)
{
	struct label version = { "version", "version", NULL };
	int r;

	write_header(f, "p2pmem_info", "gauge", "The daemon that this is of.");
	fputs("p2pmem_info", f);
	r = write_label(f, &version, metrics, true);
	fputs("} 1\n", f);
	return r;
}

int metrics_write(struct json_object *metrics, FILE *f)
{
	int r = json_object_is_type(metrics, json_type_object) ? write_version(f, metrics) :
								 -EBADMSG;

	for (size_t i = 0; r == 0 && i < N_SERIES; i++)
		r = write_series(f, &all_series[i], metrics);
	return r == 0 ? write_latency(f, metrics) : r;
}
