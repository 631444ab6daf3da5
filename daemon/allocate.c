/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Allocate, step by step: who asks, what the devices are, which regions all
 * of them reach, which of these has room.
 */
#include <errno.h>
#include <string.h>
#include <sys/random.h>

#include "common/cleanup.h"
#include "common/json.h"
#include "common/log.h"
#include "common/varlink.h"
#include "daemon/allocate.h"
#include "daemon/describe_lease.h"
#include "daemon/diagnosis.h"

static void allocation_done(struct allocation *a)
{
	view_done(&a->view);
	free(a->devices);
	free(a->objects);
	free(a->candidates);
	json_object_put(a->refusals);
}

static int refuse_driver(struct allocation *a, const struct reason *why)
{
	return allocation_stop(answer_error_strings(a->answer,
						    BROKER_INTERFACE ".DriverUnavailable", "reason",
						    why->why, "remedy", why->remedy));
}

static int check_driver(struct allocation *a)
{
	int r = view_open(a->broker, &a->view);

	if (r < 0)
		return r;
	return a->view.driver_error ? refuse_driver(a, &a->view.driver_reason) : 0;
}

/* ---- memory ---------------------------------------------------------- */

static int refuse_space(struct allocation *a)
{
	_cleanup_json_ struct json_object *p = json_object_new_object();
	const struct candidate *c = NULL;
	char name[REGION_NAME_MAX];

	for (size_t i = 0; i < a->n_candidates; i++)
		if (a->candidates[i].most >= a->request.min_size &&
		    (!c || a->candidates[i].free > c->free))
			c = &a->candidates[i];
	if (!p || json_add_string(p, "region", region_name(c->region, NULL, name)) < 0 ||
	    json_add_int(p, "free", (int64_t)c->free) < 0 ||
	    json_add_int(p, "asked", (int64_t)a->request.min_size) < 0)
		return -ENOMEM;
	return allocation_stop(answer_error(a->answer, BROKER_INTERFACE ".NoSpace", take_ptr(p)));
}

/* 0: @m->fd is a buffer. -ENOMEM: no candidate has room for @length. */
static int try_length(struct allocation *a, uint64_t length, struct p2pmem_alloc *m,
		      const struct candidate **ret)
{
	const struct region_driver *d = a->broker->driver;

	for (size_t i = 0; i < a->n_candidates; i++) {
		int r;

		if (a->candidates[i].most < length)
			continue;
		m->length = length;
		r = d->ops->alloc(d->data, a->candidates[i].region, m);
		if (r == 0) {
			*ret = &a->candidates[i];
			return 0;
		}
		/* A region may have gone since it was listed. */
		if (r != -ENOMEM && r != -ENODEV)
			return r;
	}
	return -ENOMEM;
}

static int take_memory(struct allocation *a, struct p2pmem_alloc *m, const struct candidate **ret)
{
	uint64_t length = allocation_first_length(a);
	_cleanup_(reason_done) struct reason why = {};
	int r;

	for (;;) {
		r = try_length(a, length, m, ret);
		if (r != -ENOMEM || length == a->request.min_size)
			break;
		length = allocation_next_length(a, length);
	}
	if (r == -ENOMEM)
		return refuse_space(a);
	if (r == -EACCES || r == -EPERM) {
		r = diagnose_driver(&a->broker->sysfs, r, &why);
		return r < 0 ? r : refuse_driver(a, &why);
	}
	return r;
}

/* ---- lease ----------------------------------------------------------- */

/* Words of its own, since a rule goes when the policy is read anew. */
static int copy_words(const struct allocation *a, const struct grant *g, struct lease *l)
{
	l->tenant = strdup(g->tenant);
	l->rule = strdup(g->rule_name);
	if (a->request.name)
		l->name = strdup(a->request.name);
	return l->tenant && l->rule && (l->name || !a->request.name) ? 0 : -ENOMEM;
}

static int record(struct allocation *a, const struct p2pmem_alloc *m, const struct candidate *c)
{
	struct lease l = {
		.buffer = m->id,
		.uid = c->grant.uid,
		.region = c->region->region,
		.provider = c->region->provider,
		.size = m->length,
		.devices = take_ptr(a->devices),
		.n_devices = a->n_devices,
		.verdict = c->verdict,
		.since = broker_now(),
		.state = P2PMEM_STATE_LIVE,
	};
	int r = copy_words(a, &c->grant, &l);

	memcpy(l.cookie, m->cookie, sizeof(l.cookie));
	if (r == 0)
		r = charge_take(&a->broker->accounts, l.tenant, l.uid, &l.provider, l.size,
				&l.charge);
	if (r < 0) {
		lease_done(&l);
		return r;
	}
	return leases_add(&a->broker->leases, &l);
}

static int reply(struct allocation *a, int *fd)
{
	const struct leases *ls = &a->broker->leases;
	const struct lease *l = &ls->list[ls->n - 1];
	_cleanup_json_ struct json_object *p = json_object_new_object();

	if (!p || json_add(p, "lease", describe_lease(l, l->since)) < 0 ||
	    json_add_int(p, "bufferFileDescriptor", 0) < 0)
		return -ENOMEM;
	a->answer->parameters = take_ptr(p);
	a->answer->fd = take_fd(fd);
	log_info("Lent %llu bytes of p2pmem%u to uid %u (pid %d), charged to %s by rule %s.",
		 (unsigned long long)l->size, l->region, (unsigned int)a->who->uid,
		 (int)a->who->pid, l->tenant, l->rule);
	return 0;
}

static int lend(struct allocation *a)
{
	struct p2pmem_alloc m = { .fd = -1 };
	_cleanup_close_ int fd = -1;
	const struct candidate *c = NULL;
	int r;

	if (getrandom(m.cookie, sizeof(m.cookie), 0) != sizeof(m.cookie))
		return -EIO;
	r = take_memory(a, &m, &c);
	if (r != 0)
		return r;
	fd = m.fd;
	r = record(a, &m, c);
	return r < 0 ? r : reply(a, &fd);
}

int broker_allocate(struct broker *b, const struct peer *who, struct json_object *parameters,
		    struct answer *ret)
{
	static int (*const steps[])(struct allocation *) = {
		allocation_check_peer,
		check_driver,
		allocation_resolve_devices,
		allocation_name_devices,
		allocation_find_candidates,
		allocation_check_quota,
		lend,
	};
	_cleanup_(allocation_done) struct allocation a = { .broker = b, .who = who, .answer = ret };
	int r = request_parse(parameters, &a.request, ret);

	if (r == REQUEST_OK)
		/* Leases that ended leave the list here as well, so that it stays short. */
		r = broker_refresh_leases(b) == -ENOMEM ? -ENOMEM : 0;
	for (size_t i = 0; r == 0 && i < sizeof(steps) / sizeof(steps[0]); i++)
		r = steps[i](&a);
	return r < 0 ? r : 0;
}
