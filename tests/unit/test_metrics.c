/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Counters and histogram of the daemon, and the text that p2pmemctl makes of them. */
#include <errno.h>

#include "common/cleanup.h"
#include "client/metrics.h"
#include "daemon/describe_metrics.h"
#include "daemon/metrics.h"
#include "tests/unit/unit.h"

static void counts_by_name(void **state)
{
	struct counters c = {};
	char again[] = "one";

	counters_add(&c, "one", 0);
	counters_add(&c, "two", 5);
	counters_add(&c, again, 2);
	assert_int_equal(c.n, 2);
	assert_string_equal(c.list[0].name, "one");
	assert_int_equal(c.list[0].n, 2);
	assert_int_equal(c.list[1].n, 5);
}

static void keeps_to_its_room(void **state)
{
	static char names[COUNTERS_MAX + 10][8];
	struct counters c = {};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		snprintf(names[i], sizeof(names[i]), "n%zu", i);
		counters_add(&c, names[i], 1);
	}
	assert_int_equal(c.n, COUNTERS_MAX);
	counters_add(&c, names[0], 1);
	assert_int_equal(c.list[0].n, 2);
}

static void sorts_into_buckets(void **state)
{
	struct histogram h = {};
	uint64_t last = histogram_bounds_usec[HISTOGRAM_BOUNDS - 1];

	histogram_add(&h, 0);
	histogram_add(&h, histogram_bounds_usec[0]);
	histogram_add(&h, histogram_bounds_usec[0] + 1);
	histogram_add(&h, last);
	histogram_add(&h, last + 1);
	assert_int_equal(h.counts[0], 2);
	assert_int_equal(h.counts[1], 1);
	assert_int_equal(h.counts[HISTOGRAM_BOUNDS - 1], 1);
	assert_int_equal(h.counts[HISTOGRAM_BOUNDS], 1);
	assert_int_equal(h.sum_usec, 2 * histogram_bounds_usec[0] + 1 + 2 * last + 1);
}

static void bounds_ascend(void **state)
{
	for (size_t i = 1; i < HISTOGRAM_BOUNDS; i++)
		assert_true(histogram_bounds_usec[i] > histogram_bounds_usec[i - 1]);
}

static void describes_sums(void **state)
{
	struct histogram h = {};
	_cleanup_json_ struct json_object *list = NULL;
	struct json_object *last, *bound;

	histogram_add(&h, 1);
	histogram_add(&h, UINT32_MAX);
	list = describe_histogram(&h);
	assert_int_equal(json_object_array_length(list), HISTOGRAM_BOUNDS + 1);
	last = json_object_array_get_idx(list, HISTOGRAM_BOUNDS);
	assert_false(json_object_object_get_ex(last, "upToUSec", &bound));
	assert_int_equal(json_object_get_int64(json_object_object_get(last, "count")), 2);
	last = json_object_array_get_idx(list, 0);
	assert_int_equal(json_object_get_int64(json_object_object_get(last, "count")), 1);
}

/* ---- text ---------------------------------------------------------------- */

#define REST                                                                       \
	"\"leases\":[],\"latency\":[{\"upToUSec\":10,\"count\":1},{\"count\":3}]," \
	"\"latencySumUSec\":1000010}"

static int write_text(const char *json, char **ret)
{
	_cleanup_json_ struct json_object *o = json_tokener_parse(json);
	size_t n;
	FILE *f = open_memstream(ret, &n);
	int r = metrics_write(o, f);

	fclose(f);
	return r;
}

static void has(const char *json, const char *line)
{
	_cleanup_free_ char *text = NULL;

	assert_int_equal(write_text(json, &text), 0);
	if (!strstr(text, line))
		fail_msg("'%s' is not in:\n%s", line, text);
}

static void escapes_labels(void **state)
{
	has("{\"version\":\"a\\\"b\\\\c\\nd\xc3\xa9\"," REST,
	    "\np2pmem_info{version=\"a\\\"b\\\\c\\nd\xc3\xa9\"} 1\n");
}

static void writes_seconds(void **state)
{
	static const char json[] = "{\"version\":\"1\"," REST;

	has(json, "\np2pmem_request_duration_seconds_bucket{le=\"0.000010\"} 1\n"
		  "p2pmem_request_duration_seconds_bucket{le=\"+Inf\"} 3\n"
		  "p2pmem_request_duration_seconds_sum 1.000010\n"
		  "p2pmem_request_duration_seconds_count 3\n");
}

static void leaves_out_what_is_absent(void **state)
{
	static const char json[] =
		"{\"version\":\"1\",\"regions\":[{\"name\":\"p2pmem0\",\"provider\":\"x\","
		"\"free\":7,\"heldByOthers\":null,\"drained\":false}]," REST;
	_cleanup_free_ char *text = NULL;

	assert_int_equal(write_text(json, &text), 0);
	assert_non_null(strstr(
		text, "p2pmem_region_bytes{region=\"p2pmem0\",provider=\"x\",state=\"free\"} 7\n"));
	assert_non_null(
		strstr(text, "p2pmem_region_drained{region=\"p2pmem0\",provider=\"x\"} 0\n"));
	assert_null(strstr(text, "others\"}"));
	assert_null(strstr(text, "tenant"));
}

static void refuses_what_is_no_such_object(void **state)
{
	static const char *const wrong[] = {
		"{}",
		"{\"version\":5," REST,
		"{\"version\":\"1\",\"leases\":[]}",
		"{\"version\":\"1\",\"regions\":[5]," REST,
		"{\"version\":\"1\",\"regions\":[{\"free\":1}]," REST,
		"{\"version\":\"1\",\"regions\":[{\"name\":\"a\",\"provider\":\"b\",\"free\":-5}]," REST,
		"{\"version\":\"1\",\"requests\":{}," REST,
		"{\"version\":\"1\",\"latency\":[],\"latencySumUSec\":0}",
		"{\"version\":\"1\",\"latency\":[{\"upToUSec\":1,\"count\":1}],\"latencySumUSec\":0}",
		"{\"version\":\"1\",\"latency\":[{\"count\":-1}],\"latencySumUSec\":0}",
		"{\"version\":\"1\",\"latency\":[{\"upToUSec\":1,\"count\":2},{\"count\":1}],"
		"\"latencySumUSec\":0}",
	};

	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
		_cleanup_free_ char *text = NULL;

		if (write_text(wrong[i], &text) != -EBADMSG)
			fail_msg("took %s", wrong[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(counts_by_name),
		cmocka_unit_test(keeps_to_its_room),
		cmocka_unit_test(sorts_into_buckets),
		cmocka_unit_test(bounds_ascend),
		cmocka_unit_test(describes_sums),
		cmocka_unit_test(escapes_labels),
		cmocka_unit_test(writes_seconds),
		cmocka_unit_test(leaves_out_what_is_absent),
		cmocka_unit_test(refuses_what_is_no_such_object),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
