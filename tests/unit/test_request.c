/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/cleanup.h"
#include "common/json.h"
#include "daemon/request.h"
#include "tests/unit/unit.h"

/* Keeps the object, which the request borrows from, until the next call. */
static struct json_object *kept;

static int parse(const char *text, struct request *q, struct answer *a)
{
	json_object_put(kept);
	kept = NULL;
	*a = ANSWER_INIT;
	assert_int_equal(json_parse(text, strlen(text), 8, &kept), 0);
	return request_parse(kept, q, a);
}

static void accept(const char *text, struct request *q)
{
	struct answer a;

	assert_int_equal(parse(text, q, &a), REQUEST_OK);
	assert_null(a.error);
}

static void refuse(const char *text, const char *parameter)
{
	struct answer a;
	struct request q;
	struct json_object *v;

	if (parse(text, &q, &a) != REQUEST_REFUSED)
		fail_msg("accepted: %s", text);
	assert_string_equal(a.error, "org.varlink.service.InvalidParameter");
	assert_true(json_object_object_get_ex(a.parameters, "parameter", &v));
	assert_string_equal(json_object_get_string(v), parameter);
	answer_done(&a);
}

#define DEVICE "\"devices\":[{\"address\":\"03:00.0\"}]"

static void takes_defaults(void **state)
{
	struct request q;

	accept("{\"size\":1," DEVICE "}", &q);
	assert_int_equal(q.size, sysconf(_SC_PAGESIZE));
	assert_int_equal(q.min_size, q.size);
	assert_int_equal(q.min_verdict, P2PMEM_VERDICT_BRIDGE);
	assert_null(q.region);
	assert_null(q.name);
	assert_int_equal(q.n_devices, 1);
	assert_false(q.devices[0].by_number);
	assert_int_equal(q.devices[0].address.bus, 3);
}

static void takes_everything(void **state)
{
	struct request q;

	accept("{\"size\":10000,\"minSize\":4097,\"devices\":[{\"major\":259,\"minor\":0},"
	       "{\"major\":null,\"address\":\"0000:04:00.0\"}],\"region\":\"p2pmem0\","
	       "\"minVerdict\":\"bus\",\"name\":\"caf\xc3\xa9\"}",
	       &q);
	assert_int_equal(q.size, 12288);
	assert_int_equal(q.min_size, 8192);
	assert_int_equal(q.n_devices, 2);
	assert_true(q.devices[0].by_number);
	assert_int_equal(q.devices[0].major, 259);
	assert_false(q.devices[1].by_number);
	assert_string_equal(q.region, "p2pmem0");
	assert_int_equal(q.min_verdict, P2PMEM_VERDICT_BUS);
	assert_string_equal(q.name, "caf\xc3\xa9");
}

static void refuses_sizes(void **state)
{
	refuse("{" DEVICE "}", "size");
	refuse("{\"size\":0," DEVICE "}", "size");
	refuse("{\"size\":-4096," DEVICE "}", "size");
	refuse("{\"size\":4096.0," DEVICE "}", "size");
	refuse("{\"size\":\"4096\"," DEVICE "}", "size");
	refuse("{\"size\":9223372036854775807," DEVICE "}", "size");
	refuse("{\"size\":4096,\"minSize\":0," DEVICE "}", "minSize");
	refuse("{\"size\":4096,\"minSize\":-1," DEVICE "}", "minSize");
	refuse("{\"size\":4096,\"minSize\":4097," DEVICE "}", "minSize");
}

static void refuses_devices(void **state)
{
	static const char *const bad[] = {
		"[]",
		"[1]",
		"[null]",
		"[{}]",
		"[{\"major\":1}]",
		"[{\"minor\":1}]",
		"[{\"major\":-1,\"minor\":0}]",
		"[{\"major\":4096,\"minor\":0}]",
		"[{\"major\":8,\"minor\":1048576}]",
		"[{\"major\":8,\"minor\":4294967296}]",
		"[{\"major\":8,\"minor\":0,\"address\":\"03:00.0\"}]",
		"[{\"minor\":0,\"address\":\"03:00.0\"}]",
		"[{\"major\":-1,\"address\":\"03:00.0\"}]",
		"[{\"address\":\"\"}]",
		"[{\"address\":\"../../etc\"}]",
		"[{\"path\":\"/dev/nvme0n1\"}]",
		"[{\"address\":\"03:00.0\"},{}]",
		"{}",
		"\"03:00.0\"",
	};
	char text[256];

	refuse("{\"size\":4096}", "devices");
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		snprintf(text, sizeof(text), "{\"size\":4096,\"devices\":%s}", bad[i]);
		refuse(text, "devices");
	}
}

static void limits_devices(void **state)
{
	for (int n = REQUEST_DEVICES_MAX; n <= REQUEST_DEVICES_MAX + 1; n++) {
		char text[4096] = "{\"size\":4096,\"devices\":[{\"address\":\"03:00.0\"}";
		struct request q;

		for (int i = 1; i < n; i++)
			strcat(text, ",{\"address\":\"03:00.0\"}");
		strcat(text, "]}");
		if (n == REQUEST_DEVICES_MAX)
			accept(text, &q);
		else
			refuse(text, "devices");
	}
}

static void refuses_the_rest(void **state)
{
	refuse("{\"size\":1," DEVICE ",\"region\":\"\"}", "region");
	refuse("{\"size\":1," DEVICE ",\"region\":7}", "region");
	refuse("{\"size\":1," DEVICE ",\"minVerdict\":\"unsupported\"}", "minVerdict");
	refuse("{\"size\":1," DEVICE ",\"minVerdict\":\"unknown\"}", "minVerdict");
	refuse("{\"size\":1," DEVICE ",\"minVerdict\":\"best\"}", "minVerdict");
	refuse("{\"size\":1," DEVICE ",\"name\":\"\"}", "name");
	refuse("{\"size\":1," DEVICE ",\"name\":\"a\\u001b[2Jb\"}", "name");
	refuse("{\"size\":1," DEVICE ",\"name\":\" padded\"}", "name");
	refuse("{\"size\":1," DEVICE ",\"uid\":0}", "uid");
}

static void limits_names(void **state)
{
	struct request q;
	char name[130], text[256];

	memset(name, 'x', sizeof(name));
	name[128] = '\0';
	snprintf(text, sizeof(text), "{\"size\":1," DEVICE ",\"name\":\"%s\"}", name);
	accept(text, &q);
	name[128] = 'x';
	name[129] = '\0';
	snprintf(text, sizeof(text), "{\"size\":1," DEVICE ",\"name\":\"%s\"}", name);
	refuse(text, "name");
	name[65] = '\0';
	snprintf(text, sizeof(text), "{\"size\":1," DEVICE ",\"region\":\"%s\"}", name);
	refuse(text, "region");
}

static int release(void **state)
{
	json_object_put(kept);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(takes_defaults), cmocka_unit_test(takes_everything),
		cmocka_unit_test(refuses_sizes),  cmocka_unit_test(refuses_devices),
		cmocka_unit_test(limits_devices), cmocka_unit_test(refuses_the_rest),
		cmocka_unit_test(limits_names),
	};

	return cmocka_run_group_tests(tests, NULL, release);
}
