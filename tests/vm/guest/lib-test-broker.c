/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the broker tells: who it is, its numbers, its policy, what happens. */
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <string.h>
#include <unistd.h>

#include "tests/vm/guest/lib-test.h"

void test_served(const struct place *p)
{
	struct p2pmem_client *c = connect_client(p);
	struct p2pmem_broker_info *info;

	if (check(p2pmem_get_broker_info(c, &info) == 0)) {
		check(strcmp(info->version, p2pmem_version()) == 0);
		p2pmem_list_free(info);
	}
	p2pmem_client_free(c);
}

static uint64_t count_of(const struct p2pmem_count *counts, const char *name)
{
	while (counts && strcmp(counts->name, name) != 0)
		counts = counts->next;
	return counts ? counts->count : 0;
}

void test_numbers(const struct place *p)
{
	struct p2pmem_client *c = connect_client(p);
	struct p2pmem_metrics *before, *after;
	char *memory;
	struct p2pmem_buffer *b;

	if (!check(p2pmem_get_metrics(c, &before) == 0))
		return;
	check(before->regions && before->policy_rules > 0 && before->policy_valid);
	check(before->has_tenants == (geteuid() == 0));
	b = borrow(c, p, 1 << 20, &memory);
	if (check(p2pmem_get_metrics(c, &after) == 0)) {
		check(after->leases_granted == before->leases_granted + 1);
		check(after->bytes_granted == before->bytes_granted + (1 << 20));
		check(count_of(after->leases, "live") == count_of(before->leases, "live") + 1);
		check(after->regions->next || !before->regions->next);
		p2pmem_list_free(after);
	}
	p2pmem_list_free(before);
	p2pmem_buffer_free(b);
	p2pmem_client_free(c);
}

void test_policy(const struct place *p)
{
	struct p2pmem_client *c = connect_client(p);
	struct p2pmem_policy *policy;
	int r = p2pmem_reload_policy(c, &policy);

	if (geteuid() == 0) {
		if (check(r == 0)) {
			check(policy->rules > 0);
			p2pmem_list_free(policy);
		}
	} else {
		check(r == -EACCES);
		check(p2pmem_error_name(c) != NULL);
	}
	p2pmem_client_free(c);
}

/* The next event of a lease of that kind; others may be in between. */
static bool is_told(struct p2pmem_client *c, enum p2pmem_monitor_kind kind, const char *lease)
{
	struct p2pmem_monitor_event *e;
	bool found = false;

	while (!found) {
		if (p2pmem_monitor_next(c, 60000, &e) != 1)
			return false;
		found = e->kind == kind &&
			(!lease || (e->lease && strcmp(e->lease->id, lease) == 0));
		p2pmem_list_free(e);
	}
	return true;
}

void test_monitor(const struct place *p)
{
	struct p2pmem_client *c = connect_client(p), *watching = connect_client(p);
	struct pollfd poll_for = { .events = POLLIN };
	struct p2pmem_lease *leases;
	char id[64], *memory;
	struct p2pmem_buffer *b;

	check(p2pmem_monitor_start(watching) == 0);
	check(is_told(watching, P2PMEM_MONITOR_READY, NULL));
	b = borrow(c, p, 4096, &memory);
	strncpy(id, p2pmem_buffer_lease(b)->id, sizeof(id) - 1);
	id[sizeof(id) - 1] = '\0';
	poll_for.fd = p2pmem_monitor_fd(watching);
	check(poll(&poll_for, 1, 60000) == 1);
	check(is_told(watching, P2PMEM_MONITOR_LEASE_GRANTED, id));
	p2pmem_buffer_free(b);
	/* The broker looks for what is free before it answers. */
	if (check(p2pmem_list_leases(c, &leases) == 0))
		p2pmem_list_free(leases);
	check(is_told(watching, P2PMEM_MONITOR_LEASE_ENDED, id));
	p2pmem_client_free(watching);
	p2pmem_client_free(c);
}

static void *cancel(void *client)
{
	p2pmem_client_cancel(client);
	return NULL;
}

void test_monitor_cancelled(const struct place *p)
{
	struct p2pmem_client *c = connect_client(p);
	struct p2pmem_monitor_event *e;
	pthread_t thread;
	int r;

	check(p2pmem_monitor_start(c) == 0);
	check(is_told(c, P2PMEM_MONITOR_READY, NULL));
	pthread_create(&thread, NULL, cancel, c);
	while ((r = p2pmem_monitor_next(c, -1, &e)) == 1)
		p2pmem_list_free(e);
	check(r == -ECANCELED);
	pthread_join(thread, NULL);
	p2pmem_client_free(c);
}
