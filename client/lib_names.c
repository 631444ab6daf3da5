/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The words of the interface for verdicts and states. */
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

/* A word that a later interface may add counts as unknown, which is no path. */
enum p2pmem_verdict verdict_from_name(const char *name)
{
	return find(verdicts, N_WORDS(verdicts), name);
}

enum p2pmem_state state_from_name(const char *name)
{
	return find(states, N_WORDS(states), name);
}
