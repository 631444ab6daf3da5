/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/cleanup.h"
#include "common/utf8.h"
#include "tests/unit/unit.h"

#define R "\xef\xbf\xbd"

static void expect(const char *dirty, const char *clean)
{
	_cleanup_free_ char *s = utf8_clean(dirty);

	assert_non_null(s);
	assert_string_equal(s, clean);
	assert_true(utf8_valid(s, strlen(s)));
}

static void cleans(void **state)
{
	expect("", "");
	expect("plain", "plain");
	expect("  padded \t\n", "padded");
	expect(" \n ", "");
	expect("a\nb", "a" R "b");
	expect("\x1b[2J", R "[2J");
	expect("del\x7f", "del" R);
	expect("c1 \xc2\x9b", "c1 " R);
	expect("\xff\xfe", R R);
	expect("\xc3\xa4\xf0\x9f\x98\x80", "\xc3\xa4\xf0\x9f\x98\x80");
	expect("cut \xe2\x82", "cut " R R);
	expect("long \xc0\xaf", "long " R R);
	expect("surrogate \xed\xa0\x80", "surrogate " R R R);
	expect("bidi \xe2\x80\xae"
	       "exe",
	       "bidi " R "exe");
	expect("isolate \xe2\x81\xa6", "isolate " R);
}

/* Whatever the bytes, the outcome can be shown. */
static void cleans_anything(void **state)
{
	char s[4] = "";

	for (unsigned int i = 0; i < 0x1000000; i += 257) {
		s[0] = (char)(i >> 16 ?: 1);
		s[1] = (char)(i >> 8 ?: 1);
		s[2] = (char)(i ?: 1);
		_cleanup_free_ char *clean = utf8_clean(s);

		assert_true(utf8_valid(clean, strlen(clean)));
		for (const char *p = clean; *p; p++)
			assert_true((unsigned char)*p >= 0x20 && *p != 0x7f);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cleans),
		cmocka_unit_test(cleans_anything),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
