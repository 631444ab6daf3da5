/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Any bytes as configuration space: the first two are how much the kernel says
 * there is, in units of 64 bytes, and the class.
 */
#include <string.h>

#include "topology/config.h"
#include "tests/fuzz/fuzz.h"

static void check(const struct config *c, const struct topology_function *f)
{
	must(f->type >= TOPOLOGY_TYPE_UNKNOWN && f->type <= 15);
	must(f->acs.state <= TOPOLOGY_ACS_PRESENT);
	/* What is not there is not read. */
	if (f->acs.state == TOPOLOGY_ACS_PRESENT)
		must(c->n >= 0x108 && (c->size == 0 || c->size > CONFIG_SIZE));
	else
		must(f->acs.capability == 0 && f->acs.control == 0);
	if (c->n < 64)
		must(f->type == TOPOLOGY_TYPE_UNKNOWN || f->type == TOPOLOGY_TYPE_CONVENTIONAL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct config c = { .fd = -1 };
	struct topology_function f = {};

	if (size < 2)
		return 0;
	c.size = data[0] * 64U;
	f.class = (uint32_t)data[1] << 8 | 0x060000U;
	c.n = size - 2 > sizeof(c.bytes) ? sizeof(c.bytes) : size - 2;
	memcpy(c.bytes, data + 2, c.n);
	config_apply(&c, &f);
	check(&c, &f);
	return 0;
}
