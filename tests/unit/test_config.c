/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Configuration space, whole, cut off and spoilt. */
#include "topology/config.h"
#include "tests/mock/tree.h"
#include "tests/unit/unit.h"

#define ACS 0x148
#define TYPE_BRIDGE_TO_PCI 7

static struct topology_function apply(const struct config *c, uint32_t class)
{
	struct topology_function f = { .class = class };

	config_apply(c, &f);
	return f;
}

static struct config make(const struct tree_config *t)
{
	struct config c = { .fd = -1, .n = CONFIG_SIZE_EXTENDED };

	tree_config_fill(t, c.bytes);
	return c;
}

static const struct tree_config port = { .type = TOPOLOGY_TYPE_DOWNSTREAM,
					 .acs = 0x1d,
					 .header = 1 };

static void put32(struct config *c, unsigned int at, uint32_t value)
{
	for (unsigned int i = 0; i < 4; i++)
		c->bytes[at + i] = (uint8_t)(value >> 8 * i);
}

static void reads_ports(void **state)
{
	static const int types[] = { 0, TOPOLOGY_TYPE_ROOT_PORT, TOPOLOGY_TYPE_UPSTREAM,
				     TOPOLOGY_TYPE_DOWNSTREAM, TYPE_BRIDGE_TO_PCI };

	for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
		struct tree_config t = { .type = types[i], .acs = (int)i, .header = types[i] != 0 };
		struct config c = make(&t);
		struct topology_function f = apply(&c, 0);

		assert_int_equal(f.type, types[i]);
		assert_int_equal(f.bridge, types[i] != 0);
		assert_int_equal(f.acs.state, TOPOLOGY_ACS_PRESENT);
		assert_int_equal(f.acs.capability, 0x5f);
		assert_int_equal(f.acs.control, i);
	}
}

static void knows_absent(void **state)
{
	const struct tree_config without = { .type = 0, .acs = -1 };
	const struct tree_config conventional = { .type = -1, .acs = -1 };
	struct config c = make(&without);

	assert_int_equal(apply(&c, 0).acs.state, TOPOLOGY_ACS_ABSENT);
	/* The kernel knows that there is no extended space, whatever lies there. */
	c = make(&port);
	c.size = CONFIG_SIZE;
	assert_int_equal(apply(&c, 0).acs.state, TOPOLOGY_ACS_ABSENT);
	c = make(&conventional);
	c.n = CONFIG_SIZE;
	assert_int_equal(apply(&c, 0).type, TOPOLOGY_TYPE_CONVENTIONAL);
	assert_int_equal(apply(&c, 0).acs.state, TOPOLOGY_ACS_ABSENT);
	/* Of a host bridge the kernel looks whether there is. */
	assert_int_equal(apply(&c, 0x060000).acs.state, TOPOLOGY_ACS_UNKNOWN);
}

/* At whatever byte it is cut off, what is said is right or `unknown`. */
static void survives_truncation(void **state)
{
	struct config c = make(&port);

	for (c.n = 0; c.n < CONFIG_SIZE_EXTENDED; c.n++) {
		struct topology_function f = apply(&c, 0x060400);

		assert_true(f.bridge);
		if (c.n >= ACS + 8)
			assert_int_equal(f.acs.control, 0x1d);
		else
			assert_int_equal(f.acs.state, TOPOLOGY_ACS_UNKNOWN);
		assert_int_equal(f.type,
				 c.n >= 0x64 ? TOPOLOGY_TYPE_DOWNSTREAM : TOPOLOGY_TYPE_UNKNOWN);
	}
}

/* What an unprivileged reader sees: the header, and how much there would be. */
static void tells_header_only(void **state)
{
	struct config c = make(&port);

	c.n = 64;
	c.size = CONFIG_SIZE_EXTENDED;
	assert_true(apply(&c, 0).bridge);
	assert_int_equal(apply(&c, 0).type, TOPOLOGY_TYPE_UNKNOWN);
	assert_int_equal(apply(&c, 0).acs.state, TOPOLOGY_ACS_UNKNOWN);
	c.size = CONFIG_SIZE;
	assert_int_equal(apply(&c, 0).acs.state, TOPOLOGY_ACS_ABSENT);
}

static void doubts_ones(void **state)
{
	struct config c = make(&port);

	memset(c.bytes, 0xff, sizeof(c.bytes));
	assert_int_equal(apply(&c, 0).acs.state, TOPOLOGY_ACS_UNKNOWN);
	assert_int_equal(apply(&c, 0).type, TOPOLOGY_TYPE_UNKNOWN);
	assert_false(apply(&c, 0x010802).bridge);
	assert_true(apply(&c, 0x060400).bridge);
	/* A word of ones anywhere on the way: it went while it was read. */
	c = make(&port);
	put32(&c, 0x100, 0xffffffff);
	assert_int_equal(apply(&c, 0).acs.state, TOPOLOGY_ACS_UNKNOWN);
	c = make(&port);
	put32(&c, ACS + 4, 0xffffffff);
	assert_int_equal(apply(&c, 0).acs.state, TOPOLOGY_ACS_UNKNOWN);
	c = make(&port);
	put32(&c, 0x40, 0xffffffff);
	assert_int_equal(apply(&c, 0).type, TOPOLOGY_TYPE_UNKNOWN);
}

/* Virtual functions have no ids of their own. */
static void reads_virtual_functions(void **state)
{
	const struct tree_config vf = { .type = 0, .acs = 0 };
	struct config c = make(&vf);

	put32(&c, 0, 0xffffffff);
	assert_int_equal(apply(&c, 0).acs.state, TOPOLOGY_ACS_PRESENT);
	assert_int_equal(apply(&c, 0).type, 0);
}

/* Lists that lead back or beyond end, as they do for the kernel. */
static void ends_loops(void **state)
{
	struct config c = make(&port);

	put32(&c, 0x100, 0x10010001); /* to itself */
	assert_int_equal(apply(&c, 0).acs.state, TOPOLOGY_ACS_ABSENT);
	c = make(&port);
	put32(&c, 0x100, 0x02010001); /* into the header */
	assert_int_equal(apply(&c, 0).acs.state, TOPOLOGY_ACS_ABSENT);
	c = make(&port);
	put32(&c, 0x100, 0xffc10001);
	put32(&c, 0xffc, 0x0001000d); /* whose registers would lie beyond the end */
	assert_int_equal(apply(&c, 0).acs.state, TOPOLOGY_ACS_UNKNOWN);
	c = make(&port);
	put32(&c, 0x40, 0x00004001);
	assert_int_equal(apply(&c, 0).type, TOPOLOGY_TYPE_CONVENTIONAL);
	c.bytes[0x06] = 0;
	assert_int_equal(apply(&c, 0).type, TOPOLOGY_TYPE_CONVENTIONAL);
}

/* From a file, word by word, as it is done where each word asks the device. */
static void reads_on(void **state)
{
	FILE *file = tmpfile();
	struct config c = make(&port);

	assert_int_equal(fwrite(c.bytes, 1, sizeof(c.bytes), file), sizeof(c.bytes));
	assert_int_equal(fflush(file), 0);
	memset(c.bytes + 64, 0xee, sizeof(c.bytes) - 64);
	c.n = 64;
	c.fd = fileno(file);
	c.size = CONFIG_SIZE_EXTENDED;
	assert_int_equal(apply(&c, 0).acs.control, 0x1d);
	assert_int_equal(apply(&c, 0).type, TOPOLOGY_TYPE_DOWNSTREAM);
	assert_int_equal(ftruncate(c.fd, ACS + 4), 0);
	assert_int_equal(apply(&c, 0).acs.state, TOPOLOGY_ACS_UNKNOWN);
	fclose(file);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_ports),	       cmocka_unit_test(knows_absent),
		cmocka_unit_test(survives_truncation), cmocka_unit_test(tells_header_only),
		cmocka_unit_test(doubts_ones),	       cmocka_unit_test(reads_virtual_functions),
		cmocka_unit_test(ends_loops),	       cmocka_unit_test(reads_on),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
