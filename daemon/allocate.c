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
#include "common/varlink.h"
#include "daemon/allocate.h"
#include "daemon/describe_lease.h"
#include "daemon/follow.h"
#include "daemon/recovery.h"
#include "daemon/refuse.h"
#include "daemon/tell.h"

/* A record without a buffer is for the next daemon to drop, if not for this one. */
static void drop_record(struct allocation *a)
{
	char id[LEASE_ID_MAX];

	if (a->recorded)
		state_remove(a->broker->state, STATE_LEASES, lease_id(a->lease, id));
	a->recorded = NULL;
}

static void allocation_done(struct allocation *a)
{
	drop_record(a);
	lease_free(a->lease);
	view_done(&a->view);
	free(a->devices);
	free(a->objects);
	free(a->candidates);
	json_object_put(a->refusals);
}

static int check_driver(struct allocation *a)
{
	int r = view_open(a->broker, &a->view);

	if (r < 0)
		return r;
	/* Whose memory is whose is known, or none is lent. */
	r = a->view.driver_error ?: broker_follow(a->broker);
	return r < 0 ? allocation_stop(refuse_driver(a->broker, r, a->answer)) : 0;
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

/* Words of its own, since a rule goes when the policy is read anew. */
static int copy_grant(const struct candidate *c, struct lease *l)
{
	free(l->tenant);
	free(l->rule);
	l->tenant = strdup(c->grant.tenant);
	l->rule = strdup(c->grant.rule_name);
	l->uid = c->grant.uid;
	l->verdict = c->verdict;
	return l->tenant && l->rule ? 0 : -ENOMEM;
}

/* On record before it is allocated, so that no buffer is ever without an owner. */
static int record(struct allocation *a, const struct candidate *c)
{
	int r;

	if (a->recorded == c)
		return 0;
	r = copy_grant(c, a->lease);
	if (r == 0)
		r = broker_record(a->broker, a->lease);
	if (r < 0)
		return allocation_stop(refuse_state(a->broker, r, a->answer));
	a->recorded = c;
	return 0;
}

/* 0: @m->fd is a buffer. -ENOMEM: no candidate has room for @length. */
static int try_length(struct allocation *a, uint64_t length, struct p2pmem_alloc *m)
{
	const struct region_driver *d = a->broker->driver;

	for (size_t i = 0; i < a->n_candidates; i++) {
		int r;

		if (a->candidates[i].most < length)
			continue;
		r = record(a, &a->candidates[i]);
		if (r != 0)
			return r;
		m->length = length;
		r = d->ops->alloc(d->data, a->candidates[i].region, m);
		/* That of a new region is the broker's once udev has seen to it. */
		if (r == -EACCES || r == -EPERM)
			a->denied = r;
		/* A region may have gone since it was listed. */
		else if (r != -ENOMEM && r != -ENODEV)
			return r;
	}
	return -ENOMEM;
}

static int take_memory(struct allocation *a, struct p2pmem_alloc *m)
{
	uint64_t length = allocation_first_length(a);
	int r;

	for (;;) {
		r = try_length(a, length, m);
		if (r != -ENOMEM || length == a->request.min_size)
			break;
		length = allocation_next_length(a, length);
	}
	if (r == -ENOMEM && a->denied)
		return allocation_stop(refuse_driver(a->broker, a->denied, a->answer));
	return r == -ENOMEM ? refuse_space(a) : r;
}

/* ---- lease ----------------------------------------------------------- */

/* What of a lease is known before there is a region for it. */
static int prepare(struct allocation *a)
{
	struct lease *l = a->lease = calloc(1, sizeof(*l));

	if (!l)
		return -ENOMEM;
	if (getrandom(l->cookie, sizeof(l->cookie), 0) != sizeof(l->cookie))
		return -EIO;
	if (a->request.name) {
		l->name = strdup(a->request.name);
		if (!l->name)
			return -ENOMEM;
	}
	if (borrower_set(&l->borrower, a->who) < 0)
		return -ENOMEM;
	l->devices = take_ptr(a->devices);
	l->n_devices = a->n_devices;
	l->since = broker_now();
	l->state = P2PMEM_STATE_LIVE;
	return 0;
}

/* From here on the lease is the broker's, and ends with its buffer. */
static int begin(struct allocation *a, const struct p2pmem_alloc *m)
{
	struct lease *l = a->lease;
	int r;

	l->buffer = m->id;
	l->size = m->length;
	l->region = a->recorded->region->region;
	l->provider = a->recorded->region->provider;
	r = charge_take(&a->broker->accounts, l->tenant, l->uid, &l->provider, l->size, &l->charge);
	if (r == 0)
		r = leases_add(&a->broker->leases, l);
	if (r < 0)
		return r;
	a->lease = NULL;
	a->recorded = NULL;
	return 0;
}

static int reply(struct allocation *a, const struct lease *l, int *fd)
{
	_cleanup_json_ struct json_object *p = json_object_new_object();

	if (!p || json_add(p, "lease", describe_lease(l, l->since)) < 0 ||
	    json_add_int(p, "bufferFileDescriptor", 0) < 0)
		return -ENOMEM;
	a->answer->parameters = take_ptr(p);
	a->answer->fd = take_fd(fd);
	tell_granted(a->broker, a->who, l);
	return 0;
}

static int lend(struct allocation *a)
{
	struct p2pmem_alloc m = { .fd = -1 };
	_cleanup_close_ int fd = -1;
	int r = prepare(a);

	if (r < 0)
		return r;
	memcpy(m.cookie, a->lease->cookie, sizeof(m.cookie));
	r = take_memory(a, &m);
	if (r != 0)
		return r;
	fd = m.fd;
	r = begin(a, &m);
	return r < 0 ? r : reply(a, a->broker->leases.last, &fd);
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

	for (size_t i = 0; r == 0 && i < sizeof(steps) / sizeof(steps[0]); i++)
		r = steps[i](&a);
	return r < 0 ? r : 0;
}
