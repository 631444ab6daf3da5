/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The words of the interface for verdicts, states and parts of a path. */
#include <string.h>

#include "client/lib.h"

static const char *const verdicts[] = {
	[P2PMEM_VERDICT_UNKNOWN] = "unknown",
	[P2PMEM_VERDICT_UNSUPPORTED] = "unsupported",
	[P2PMEM_VERDICT_BRIDGE] = "bridge",
	[P2PMEM_VERDICT_BUS] = "bus",
};

static const char *const states[] = {
	"unknown",
	[P2PMEM_STATE_LIVE] = "live",
	[P2PMEM_STATE_NOTICE] = "notice",
	[P2PMEM_STATE_REVOKED] = "revoked",
	[P2PMEM_STATE_DRAINING] = "draining",
};

static const char *const memories[] = {
	"unknown",
	[P2PMEM_KIND_PEER_TO_PEER] = "peer-to-peer",
	[P2PMEM_KIND_HOST] = "host",
	[P2PMEM_KIND_HOST_HUGE] = "host-huge",
};

static const char *const sources[] = {
	[P2PMEM_SOURCE_COMPUTED] = "computed",
	[P2PMEM_SOURCE_KERNEL] = "kernel",
};

static const char *const kinds[] = {
	"unknown",
	[P2PMEM_HOP_ENDPOINT] = "endpoint",
	[P2PMEM_HOP_DOWNSTREAM_PORT] = "downstream_port",
	[P2PMEM_HOP_UPSTREAM_PORT] = "upstream_port",
	[P2PMEM_HOP_ROOT_PORT] = "root_port",
	[P2PMEM_HOP_BRIDGE] = "bridge",
	[P2PMEM_HOP_HOST_BRIDGE] = "host_bridge",
};

/* By the flags of the two sides. */
static const char *const sides[] = { "unknown", "provider", "client", "both" };

static int find(const char *const *words, size_t n, const char *word)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(words[i], word) == 0)
			return i;
	return 0;
}

#define N_WORDS(words) (sizeof(words) / sizeof(*(words)))

const char *p2pmem_verdict_name(enum p2pmem_verdict verdict)
{
	return verdicts[(unsigned int)verdict < N_WORDS(verdicts) ? verdict : 0];
}

const char *p2pmem_state_name(enum p2pmem_state state)
{
	return states[(unsigned int)state < N_WORDS(states) ? state : 0];
}

const char *p2pmem_kind_name(enum p2pmem_kind kind)
{
	return memories[(unsigned int)kind < N_WORDS(memories) ? kind : 0];
}

/* A word that a later interface may add counts as unknown, which is no path. */
enum p2pmem_verdict verdict_from_name(const char *name)
{
	return find(verdicts, N_WORDS(verdicts), name);
}

enum p2pmem_state state_from_name(const char *name)
{
	return find(states, N_WORDS(states), name);
}

enum p2pmem_source source_from_name(const char *name)
{
	return find(sources, N_WORDS(sources), name);
}

enum p2pmem_hop_kind kind_from_name(const char *name)
{
	return find(kinds, N_WORDS(kinds), name);
}

uint32_t sides_from_name(const char *name)
{
	return find(sides, N_WORDS(sides), name);
}

const char *source_name(enum p2pmem_source source)
{
	return sources[(unsigned int)source < N_WORDS(sources) ? source : 0];
}

const char *kind_name(enum p2pmem_hop_kind kind)
{
	return kinds[(unsigned int)kind < N_WORDS(kinds) ? kind : 0];
}

const char *sides_name(uint32_t s)
{
	return sides[s < N_WORDS(sides) ? s : 0];
}
