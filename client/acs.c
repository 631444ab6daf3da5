/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdio.h>
#include <string.h>

#include "common/cleanup.h"
#include "client/acs.h"

const char *port_word(enum p2pmem_hop_kind kind)
{
	switch (kind) {
	case P2PMEM_HOP_ENDPOINT:
		return "endpoint";
	case P2PMEM_HOP_DOWNSTREAM_PORT:
		return "downstream port";
	case P2PMEM_HOP_UPSTREAM_PORT:
		return "upstream port";
	case P2PMEM_HOP_ROOT_PORT:
		return "root port";
	case P2PMEM_HOP_HOST_BRIDGE:
		return "host bridge";
	default:
		return "bridge";
	}
}

const char *acs_bits(bool known, bool has, uint16_t control, char buf[static ACS_TEXT_MAX])
{
	static const char *const names[] = { "SV", "TB", "RR", "CR", "UF", "EC", "DT" };
	size_t n = 0;

	if (!known)
		return "unknown";
	if (!has)
		return "none";
	buf[0] = '\0';
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (control >> i & 1)
			n += (size_t)snprintf(buf + n, ACS_TEXT_MAX - n, "%s%s", n ? " " : "",
					      names[i]);
	return n ? buf : "off";
}

static const char *word(const char *name)
{
	return strcmp(name, "egress_control") == 0 ? "by egress control" : name;
}

char *acs_redirects(const struct p2pmem_name *redirects)
{
	_cleanup_free_ char *text = strdup("");

	for (const struct p2pmem_name *r = redirects; text && r; r = r->next) {
		char *longer;

		if (asprintf(&longer, "%s%s %s", text, r == redirects ? "redirects" : ",",
			     word(r->name)) < 0)
			longer = NULL;
		free(text);
		text = longer;
	}
	return take_ptr(text);
}
