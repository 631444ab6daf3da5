/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>

#include "common/pci.h"
#include "tests/unit/unit.h"

static void parses(void **state)
{
	static const struct {
		const char *text;
		struct p2pmem_pci_address address;
		const char *canonical;
	} good[] = {
		{ "0000:03:00.0", { .bus = 3 }, "0000:03:00.0" },
		{ "03:00.0", { .bus = 3 }, "0000:03:00.0" },
		{ "00:1f.7", { .devfn = 0xff }, "0000:00:1f.7" },
		{ "ABCD:eF:0A.1", { 0xabcd, 0xef, 0x51, 0 }, "abcd:ef:0a.1" },
		{ "10000:e1:00.0", { 0x10000, 0xe1, 0, 0 }, "10000:e1:00.0" },
		{ "ffffffff:ff:1f.7", { 0xffffffff, 0xff, 0xff, 0 }, "ffffffff:ff:1f.7" },
	};
	char text[PCI_ADDRESS_MAX];

	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		struct p2pmem_pci_address a;

		assert_int_equal(pci_address_parse(good[i].text, &a), 0);
		assert_true(pci_address_equal(&a, &good[i].address));
		assert_string_equal(pci_address_format(&a, text), good[i].canonical);
	}
}

static void refuses(void **state)
{
	static const char *const bad[] = {
		"",
		"0",
		":",
		"03:00",
		"03:00.",
		"03:00.8",
		"03:20.0",
		"03:00.00",
		"3:00.0",
		"003:00.0",
		"03:0.0",
		"000:03:00.0",
		"0000:03:00.0 ",
		" 0000:03:00.0",
		"0000:03:00.0\n",
		"000000000:03:00.0",
		"0000-03-00.0",
		"0000:0000:03:00.0",
		"0x00:03:00.0",
		"-000:03:00.0",
		"0000:03:00.0/..",
		"+3:00.0",
		"0000:03.00.0",
		"0000::03:00.0",
		"03:00:0",
	};
	struct p2pmem_pci_address a;

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		if (pci_address_parse(bad[i], &a) != -EINVAL)
			fail_msg("accepted: '%s'", bad[i]);
}

static void compares(void **state)
{
	const struct p2pmem_pci_address a = { 1, 2, 3, 0 };
	struct p2pmem_pci_address b = a;

	assert_true(pci_address_equal(&a, &b));
	b.domain++;
	assert_false(pci_address_equal(&a, &b));
	b = a;
	b.bus++;
	assert_false(pci_address_equal(&a, &b));
	b = a;
	b.devfn++;
	assert_false(pci_address_equal(&a, &b));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parses),
		cmocka_unit_test(refuses),
		cmocka_unit_test(compares),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
