/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/array.h"
#include "common/log.h"
#include "common/pci.h"
#include "daemon/lease.h"

void lease_done(struct lease *l)
{
	charge_release(&l->charge);
	free(l->tenant);
	free(l->rule);
	free(l->name);
	free(l->devices);
	*l = (struct lease){};
}

void leases_done(struct leases *ls)
{
	for (size_t i = 0; i < ls->n; i++)
		lease_done(&ls->list[i]);
	free(ls->list);
	*ls = (struct leases){};
}

int leases_add(struct leases *ls, struct lease *l)
{
	int r = array_push(ls->list, ls->n, *l);

	if (r < 0)
		lease_done(l);
	*l = (struct lease){};
	return r;
}

static int compare_buffer(const void *id, const void *buffer)
{
	uint64_t a = *(const uint64_t *)id, b = ((const struct p2pmem_buffer_info *)buffer)->id;

	return a < b ? -1 : a > b;
}

static int compare_lease(const void *id, const void *lease)
{
	uint64_t a = *(const uint64_t *)id, b = ((const struct lease *)lease)->buffer;

	return a < b ? -1 : a > b;
}

static const struct p2pmem_buffer_info *find_buffer(const struct p2pmem_buffer_info *buffers,
						    size_t n, const struct lease *l)
{
	const struct p2pmem_buffer_info *b =
		n > 0 ? bsearch(&l->buffer, buffers, n, sizeof(*buffers), compare_buffer) : NULL;

	return b && memcmp(b->cookie, l->cookie, sizeof(l->cookie)) == 0 ? b : NULL;
}

/* The driver counts upwards, so what was lent later has the greater number. */
static bool is_lent(const struct leases *ls, const struct p2pmem_buffer_info *b)
{
	return ls->n > 0 && bsearch(&b->id, ls->list, ls->n, sizeof(*ls->list), compare_lease);
}

/* Buffers of our user that no lease accounts for: lent before a restart, or by another process. */
static void log_strangers(struct leases *ls, const struct p2pmem_buffer_info *buffers, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const struct p2pmem_buffer_info *b = &buffers[i];

		if (b->id <= ls->strangers_seen || b->uid != getuid() || is_lent(ls, b))
			continue;
		ls->strangers_seen = b->id;
		log_warning(
			"Buffer %llu of p2pmem%u (%llu bytes) was allocated by this user, and no lease "
			"accounts for it: it was lent before a restart, or by something else.",
			(unsigned long long)b->id, b->region, (unsigned long long)b->length);
	}
}

void leases_refresh(struct leases *ls, const struct p2pmem_buffer_info *buffers, size_t n)
{
	struct lease *old = ls->list;
	size_t n_old = ls->n, kept = 0;

	for (size_t i = 0; i < n_old; i++) {
		const struct p2pmem_buffer_info *b = find_buffer(buffers, n, &old[i]);

		if (!b) {
			lease_done(&old[i]);
			continue;
		}
		old[i].state = (enum p2pmem_state)b->state;
		old[kept++] = old[i];
	}
	ls->n = kept;
	log_strangers(ls, buffers, n);
}

char *lease_id(const struct lease *l, char buf[static LEASE_ID_MAX])
{
	for (size_t i = 0; i < sizeof(l->cookie); i++)
		snprintf(buf + 2 * i, 3, "%02x", l->cookie[i]);
	return buf;
}
