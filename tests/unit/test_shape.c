/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Objects of the interface become structures, and the same objects again. */
#include <errno.h>

#include "common/cleanup.h"
#include "client/lib.h"
#include "client/lib_list.h"
#include "client/lib_shape.h"
#include "tests/unit/unit.h"

static int parse(const struct shape *s, const char *text, void **ret)
{
	_cleanup_json_ struct json_object *o = json_tokener_parse(text);
	_cleanup_(list_done) struct list list = { .shape = s };
	int r;

	assert_non_null(o);
	r = list_add(&list, o);
	*ret = r < 0 ? NULL : list_take(&list);
	return r;
}

static void expect_round_trip(const struct shape *s, const char *text)
{
	_cleanup_json_ struct json_object *o = json_tokener_parse(text), *again = NULL;
	void *entry;

	assert_int_equal(parse(s, text, &entry), 0);
	again = shape_write(s, entry);
	if (!json_object_equal(o, again))
		fail_msg("%s\nis not %s", json_object_to_json_string(again), text);
	p2pmem_list_free(entry);
}

#define HOP                                                                                   \
	"{\"kind\":\"root_port\",\"address\":\"0000:00:01.0\",\"vendor\":65535,\"device\":0," \
	"\"side\":\"both\",\"turn\":true,\"acsKnown\":true,"                                  \
	"\"acs\":{\"capability\":31,\"control\":29,\"redirects\":[\"requests\",\"completions\"]}}"
#define PATH                                                                     \
	"{\"device\":\"d\",\"verdict\":\"bus\",\"computed\":\"unknown\","        \
	"\"source\":\"kernel\",\"distance\":0,\"cause\":\"c\",\"reason\":\"r\"," \
	"\"remedy\":\"m\",\"cost\":\"k\",\"hops\":[" HOP "]}"

static void objects_survive(void **state)
{
	expect_round_trip(&shape_explanation,
			  "{\"region\":\"p2pmem0\",\"provider\":\"p\",\"device\":\"md0\","
			  "\"verdict\":\"unsupported\",\"cause\":\"layer\",\"reason\":\"r\","
			  "\"layers\":[{\"name\":\"md0\",\"kind\":\"md\",\"passes\":false,"
			  "\"reason\":\"r\"},{\"name\":\"x\",\"kind\":\"y\"}],\"paths\":[" PATH
			  "," PATH "]}");
	expect_round_trip(&shape_function,
			  "{\"address\":\"a\",\"root\":\"r\",\"kind\":\"bridge\",\"class\":1540,"
			  "\"vendor\":1,\"device\":2,\"acsKnown\":false,\"client\":false,"
			  "\"blockDevices\":[\"b\",\"c\"]}");
	expect_round_trip(&shape_host_bridge, "{\"root\":\"pci0000:00\",\"passes\":true}");
	expect_round_trip(&shape_host_bridge, "{\"root\":\"pci0000:00\",\"address\":\"a\","
					      "\"vendor\":32902,\"device\":1,\"reason\":\"r\"}");
	expect_round_trip(&shape_lease,
			  "{\"id\":\"i\",\"tenant\":\"t\",\"uid\":4294967295,\"region\":\"r\","
			  "\"provider\":\"p\",\"size\":4096,\"devices\":[\"d\"],"
			  "\"state\":\"notice\",\"verdict\":\"bridge\",\"ageUSec\":5}");
}

static void absence_is_told(void **state)
{
	struct p2pmem_pair *pair;
	void *entry;

	assert_int_equal(parse(&shape_pair,
			       "{\"region\":\"r\",\"provider\":\"p\",\"device\":\"d\","
			       "\"verdict\":\"splendid\",\"distance\":null,\"later\":[]}",
			       &entry),
			 0);
	pair = entry;
	assert_int_equal(pair->distance, -1);
	assert_int_equal(pair->verdict, P2PMEM_VERDICT_UNKNOWN);
	assert_int_equal(pair->source, P2PMEM_SOURCE_COMPUTED);
	assert_null(pair->cause);
	p2pmem_list_free(entry);
}

static void wrong_ones_are_refused(void **state)
{
	static const char *const bad[] = {
		"[]",
		"{}",
		"{\"root\":1}",
		"{\"root\":null}",
		"{\"root\":\"r\",\"vendor\":-1}",
		"{\"root\":\"r\",\"vendor\":65536}",
		"{\"root\":\"r\",\"vendor\":\"1\"}",
		"{\"root\":\"r\",\"vendor\":1.5}",
		"{\"root\":\"r\",\"passes\":1}",
		"{\"root\":\"r\",\"reason\":[]}",
	};
	void *entry;

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		if (parse(&shape_host_bridge, bad[i], &entry) != -EBADMSG)
			fail_msg("accepted: %s", bad[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(objects_survive),
		cmocka_unit_test(absence_is_told),
		cmocka_unit_test(wrong_ones_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
