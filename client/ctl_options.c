/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/ctl_options.h"
#include "client/say.h"
#include "client/size.h"

#define BLOCK_MAX (UINT64_C(1) << 30)

int parse_size_option(const struct verb *v, const char *option, const char *text, uint64_t *ret)
{
	if (size_parse(text, ret) < 0 || *ret == 0) {
		problem("%s takes a size above 0, like 4096, 64K, 256M or 2G, not '%s'", option,
			text);
		return usage_hint(v);
	}
	return -1;
}

int parse_block_option(const struct verb *v, const char *option, const char *text, uint64_t *ret)
{
	uint64_t page = sysconf(_SC_PAGESIZE);
	int r = parse_size_option(v, option, text, ret);

	if (r >= 0 || (*ret % page == 0 && *ret <= BLOCK_MAX))
		return r;
	problem("%s must be a multiple of %d bytes and at most 1G, not '%s'", option, (int)page,
		text);
	return usage_hint(v);
}

int parse_count_option(const struct verb *v, const char *option, const char *text, uint64_t max,
		       uint64_t *ret)
{
	unsigned long n;
	char *end;

	errno = 0;
	n = strtoul(text, &end, 10);
	if (*text < '0' || *text > '9' || *end || errno || n == 0 || n > max) {
		problem("%s takes a number from 1 to %" PRIu64 ", not '%s'", option, max, text);
		return usage_hint(v);
	}
	*ret = n;
	return -1;
}

int parse_verdict_option(const struct verb *v, const char *text, enum p2pmem_verdict *ret)
{
	if (!text || strcmp(text, "bridge") == 0) {
		*ret = P2PMEM_VERDICT_BRIDGE;
		return -1;
	}
	if (strcmp(text, "bus") == 0) {
		*ret = P2PMEM_VERDICT_BUS;
		return -1;
	}
	problem("--require-p2p takes 'bus' or 'bridge', not '%s'", text);
	return usage_hint(v);
}
