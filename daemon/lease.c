/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/lease.h"

#define BUCKETS_LEAST 64U

struct lease *lease_free(struct lease *l)
{
	if (!l)
		return NULL;
	charge_release(&l->charge);
	free(l->tenant);
	free(l->rule);
	free(l->name);
	borrower_done(&l->borrower);
	free(l->devices);
	free(l);
	return NULL;
}

void lease_freep(struct lease **l)
{
	lease_free(*l);
}

void leases_done(struct leases *ls)
{
	while (ls->first) {
		struct lease *l = ls->first;

		ls->first = l->next;
		lease_free(l);
	}
	free(ls->buckets);
	*ls = (struct leases){};
}

/* ---- index ----------------------------------------------------------- */

static struct lease **bucket(const struct leases *ls, const uint8_t *cookie)
{
	uint64_t key;

	memcpy(&key, cookie, sizeof(key));
	return &ls->buckets[key & (ls->n_buckets - 1)];
}

static void index_add(struct leases *ls, struct lease *l)
{
	struct lease **b = bucket(ls, l->cookie);

	l->chained = *b;
	*b = l;
}

static void index_remove(struct leases *ls, struct lease *l)
{
	struct lease **p = bucket(ls, l->cookie);

	while (*p != l)
		p = &(*p)->chained;
	*p = l->chained;
}

/* Room for one more, with no more leases than buckets. */
static int grow(struct leases *ls)
{
	size_t n = ls->n_buckets ? 2 * ls->n_buckets : BUCKETS_LEAST;
	struct lease **buckets;

	if (ls->n < ls->n_buckets)
		return 0;
	buckets = calloc(n, sizeof(struct lease *));
	if (!buckets)
		return -ENOMEM;
	free(ls->buckets);
	ls->buckets = buckets;
	ls->n_buckets = n;
	for (struct lease *l = ls->first; l; l = l->next)
		index_add(ls, l);
	return 0;
}

struct lease *leases_find(const struct leases *ls, const uint8_t cookie[static P2PMEM_COOKIE_SIZE])
{
	struct lease *l = ls->n_buckets ? *bucket(ls, cookie) : NULL;

	while (l && memcmp(l->cookie, cookie, P2PMEM_COOKIE_SIZE) != 0)
		l = l->chained;
	return l;
}

int leases_add(struct leases *ls, struct lease *l)
{
	int r = leases_find(ls, l->cookie) ? -EEXIST : grow(ls);

	if (r < 0)
		return r;
	index_add(ls, l);
	l->next = NULL;
	l->previous = ls->last;
	if (ls->last)
		ls->last->next = l;
	else
		ls->first = l;
	ls->last = l;
	l->number = ++ls->last_number;
	ls->n++;
	return 0;
}

struct lease *leases_take(struct leases *ls, struct lease *l)
{
	index_remove(ls, l);
	if (l->next)
		l->next->previous = l->previous;
	else
		ls->last = l->previous;
	if (l->previous)
		l->previous->next = l->next;
	else
		ls->first = l->next;
	ls->n--;
	return l;
}

void leases_remove(struct leases *ls, struct lease *l)
{
	lease_free(leases_take(ls, l));
}

/* ---- buffers --------------------------------------------------------- */

static int compare_buffer(const void *id, const void *buffer)
{
	uint64_t a = *(const uint64_t *)id, b = ((const struct p2pmem_buffer_info *)buffer)->id;

	return a < b ? -1 : a > b;
}

const struct p2pmem_buffer_info *lease_buffer(const struct lease *l,
					      const struct p2pmem_buffer_info *buffers, size_t n)
{
	const struct p2pmem_buffer_info *b =
		n > 0 ? bsearch(&l->buffer, buffers, n, sizeof(*buffers), compare_buffer) : NULL;

	/* Numbers begin anew when the module is loaded again; cookies do not come twice. */
	return b && memcmp(b->cookie, l->cookie, sizeof(l->cookie)) == 0 ? b : NULL;
}

void lease_advance(struct lease *l, uint32_t state)
{
	if (state > l->state && state <= P2PMEM_STATE_DRAINING)
		l->state = (enum p2pmem_state)state;
}

/* ---- names ----------------------------------------------------------- */

char *lease_id(const struct lease *l, char buf[static LEASE_ID_MAX])
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < sizeof(l->cookie); i++) {
		buf[2 * i] = digits[l->cookie[i] >> 4];
		buf[2 * i + 1] = digits[l->cookie[i] & 0xf];
	}
	buf[LEASE_ID_MAX - 1] = '\0';
	return buf;
}

static int digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool lease_id_parse(const char *id, uint8_t ret[static P2PMEM_COOKIE_SIZE])
{
	if (strlen(id) != LEASE_ID_MAX - 1)
		return false;
	for (size_t i = 0; i < P2PMEM_COOKIE_SIZE; i++) {
		int high = digit(id[2 * i]), low = digit(id[2 * i + 1]);

		if (high < 0 || low < 0)
			return false;
		ret[i] = (uint8_t)(high << 4 | low);
	}
	return true;
}
