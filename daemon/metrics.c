/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "daemon/metrics.h"

const uint64_t histogram_bounds_usec[HISTOGRAM_BOUNDS] = {
	10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10000, 25000, 50000, 100000, 250000, 1000000,
};

static struct counter *find(struct counters *c, const char *name)
{
	for (size_t i = 0; i < c->n; i++)
		if (strcmp(c->list[i].name, name) == 0)
			return &c->list[i];
	return NULL;
}

void counters_add(struct counters *c, const char *name, uint64_t n)
{
	struct counter *counter = find(c, name);

	if (!counter && c->n < COUNTERS_MAX) {
		counter = &c->list[c->n++];
		*counter = (struct counter){ .name = name };
	}
	if (counter)
		counter->n += n;
}

void histogram_add(struct histogram *h, uint64_t usec)
{
	size_t i = 0;

	while (i < HISTOGRAM_BOUNDS && usec > histogram_bounds_usec[i])
		i++;
	h->counts[i]++;
	h->sum_usec += usec;
}

/* The rate of what was never seen is zero, and not unknown. */
void metrics_init(struct metrics *m)
{
	static const char *const refusals[] = {
		"NotPermitted", "NoCompatibleRegion", "QuotaExceeded",	   "NoSpace",
		"NoSuchLease",	"StateUnavailable",   "DriverUnavailable",
	};
	static const char *const revocations[] = { "notice", "asked", "deadline", "drain",
						   "driver" };

	*m = (struct metrics){};
	for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++)
		counters_add(&m->refusals, refusals[i], 0);
	for (size_t i = 0; i < sizeof(revocations) / sizeof(revocations[0]); i++)
		counters_add(&m->revocations, revocations[i], 0);
}
