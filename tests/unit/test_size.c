/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "client/size.h"

static void parses(void **state)
{
	static const struct {
		const char *text;
		uint64_t size;
	} cases[] = {
		{ "0", 0 },
		{ "1", 1 },
		{ "4096", 4096 },
		{ "1K", 1024 },
		{ "1k", 1024 },
		{ "64KiB", 65536 },
		{ "256M", UINT64_C(268435456) },
		{ "2G", UINT64_C(2147483648) },
		{ "8388607T", UINT64_C(8388607) << 40 },
		{ "9223372036854775807", INT64_MAX },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		uint64_t size;

		assert_int_equal(size_parse(cases[i].text, &size), 0);
		assert_int_equal(size, cases[i].size);
	}
}

static void refuses(void **state)
{
	static const char *const bad[] = { "",	 " 1",	"+1",  "-1",	"K",	"1 K",
					   "1X", "1KB", "1Ki", "1KiBx", "1.5M", "0x10" };
	uint64_t size;

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		assert_int_equal(size_parse(bad[i], &size), -EINVAL);
	assert_int_equal(size_parse("8388608T", &size), -ERANGE);
	assert_int_equal(size_parse("9223372036854775808", &size), -ERANGE);
	assert_int_equal(size_parse("99999999999999999999999", &size), -ERANGE);
}

static void shortens_for_tables(void **state)
{
	char text[SIZE_TEXT_MAX];

	assert_string_equal(size_short(0, text), "0");
	assert_string_equal(size_short(1023, text), "1023");
	assert_string_equal(size_short(1024, text), "1K");
	assert_string_equal(size_short(1536, text), "1.5K");
	assert_string_equal(size_short((64 << 20) - (128 << 10), text), "63.8M");
	assert_string_equal(size_short(1024 * 1024 - 1, text), "1023.9K");
	assert_string_equal(size_short(UINT64_C(5000) << 40, text), "5000T");
	assert_string_equal(size_short(UINT64_MAX, text), "16777215.9T");
}

static void is_exact_in_sentences(void **state)
{
	char text[SIZE_TEXT_MAX];

	assert_string_equal(size_exact(0, text), "0");
	assert_string_equal(size_exact(1000, text), "1000 bytes");
	assert_string_equal(size_exact(25 * 1024, text), "25 KiB");
	assert_string_equal(size_exact(UINT64_C(256) << 20, text), "256 MiB");
	assert_string_equal(size_exact((UINT64_C(256) << 20) + 512, text), "268435968 bytes");
	assert_string_equal(size_exact(UINT64_C(4096) << 40, text), "4096 TiB");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parses),
		cmocka_unit_test(refuses),
		cmocka_unit_test(shortens_for_tables),
		cmocka_unit_test(is_exact_in_sentences),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
