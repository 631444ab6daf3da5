/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Monitor: a call whose replies go on until somebody hangs up. They are taken
 * one by one as the caller wants them, so that it suits threads and event
 * loops alike.
 */
#include <errno.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/json.h"
#include "common/varlink.h"
#include "client/lib.h"
#include "client/lib_shape.h"

#define METHOD BROKER_INTERFACE ".Monitor"

static const char *const kinds[] = {
	[P2PMEM_MONITOR_READY] = "ready",
	[P2PMEM_MONITOR_OVERFLOW] = "overflow",
	[P2PMEM_MONITOR_LEASE_GRANTED] = "leaseGranted",
	[P2PMEM_MONITOR_LEASE_STATE] = "leaseState",
	[P2PMEM_MONITOR_LEASE_ENDED] = "leaseEnded",
	[P2PMEM_MONITOR_REGION_ADDED] = "regionAdded",
	[P2PMEM_MONITOR_REGION_REMOVED] = "regionRemoved",
	[P2PMEM_MONITOR_REGION_CHANGED] = "regionChanged",
	[P2PMEM_MONITOR_DEVICES_CHANGED] = "devicesChanged",
	[P2PMEM_MONITOR_POLICY_READ] = "policyRead",
};

static enum p2pmem_monitor_kind kind_of(const char *word)
{
	for (size_t i = P2PMEM_MONITOR_READY; i < sizeof(kinds) / sizeof(*kinds); i++)
		if (strcmp(kinds[i], word) == 0)
			return i;
	return P2PMEM_MONITOR_OTHER;
}

int p2pmem_monitor_start(struct p2pmem_client *client)
{
	int r;

	failure_clear(&client->failure);
	r = client_send(client, METHOD, NULL, true);
	if (r < 0)
		return client_explain(client, METHOD, r);
	client->monitoring = true;
	return 0;
}

int p2pmem_monitor_fd(const struct p2pmem_client *client)
{
	return client->monitoring ? stream_fd(client->stream) : -ENOTCONN;
}

/* ---- an event -------------------------------------------------------- */

/* An optional object, in the pool. */
static int take_object(struct pool *pool, const struct shape *shape, struct json_object *o,
		       void **ret)
{
	if (!o)
		return 0;
	*ret = pool_alloc(pool, shape->size);
	return *ret ? shape_parse(shape, o, pool, *ret) : -ENOMEM;
}

static int parse_event(struct json_object *o, struct pool *pool)
{
	struct p2pmem_monitor_event *e = pool_alloc(pool, sizeof(*e));
	struct json_object *lease = NULL, *region = NULL;
	void *entries[2] = {};
	const char *word, *reason = NULL, *bad;
	int64_t rules = 0, lost = 0;
	bool valid = false;
	const struct json_field fields[] = {
		{ "kind", JSON_STRING, true, &word },
		{ "lease", JSON_OBJECT, false, &lease },
		{ "reason", JSON_STRING, false, &reason },
		{ "region", JSON_OBJECT, false, &region },
		{ "rules", JSON_INT, false, &rules },
		{ "valid", JSON_BOOL, false, &valid },
		{ "lost", JSON_INT, false, &lost },
		{},
	};
	int r;

	if (!e)
		return -ENOMEM;
	if (json_read(o, fields, false, &bad) < 0 || rules < 0 || lost < 0)
		return -EBADMSG;
	r = take_object(pool, &shape_lease, lease, &entries[0]);
	if (r >= 0)
		r = take_object(pool, &shape_region, region, &entries[1]);
	if (r >= 0)
		r = pool_string(pool, word, &e->kind_name);
	if (r >= 0)
		r = pool_string(pool, reason, &e->reason);
	e->kind = kind_of(word);
	e->lease = entries[0];
	e->region = entries[1];
	e->rules = (uint64_t)rules;
	e->lost = (uint64_t)lost;
	e->valid = valid;
	return r;
}

static int parse_reply(struct p2pmem_client *c, struct json_object *message, struct pool *pool)
{
	struct json_object *event;
	const struct json_field fields[] = { { "event", JSON_OBJECT, true, &event }, {} };
	struct varlink_reply reply;
	const char *bad;
	int r = varlink_reply_parse(message, &reply);

	if (r < 0)
		return r;
	if (reply.error)
		return failure_from_reply(&c->failure, reply.error, reply.parameters);
	if (!reply.parameters || json_read(reply.parameters, fields, false, &bad) < 0)
		return -EBADMSG;
	return parse_event(event, pool);
}

/* 1: an event, 0: none in time. */
static int next(struct p2pmem_client *c, int timeout_ms, struct pool *pool)
{
	_cleanup_json_ struct json_object *message = NULL;
	int r;

	if (atomic_load(&c->cancelled))
		return -ECANCELED;
	r = client_receive(c, deadline_after(timeout_ms), &message);
	if (r <= 0)
		return r;
	r = parse_reply(c, message, pool);
	return r < 0 ? r : 1;
}

int p2pmem_monitor_next(struct p2pmem_client *client, int timeout_ms,
			struct p2pmem_monitor_event **ret)
{
	struct pool pool = {};
	int r;

	failure_clear(&client->failure);
	if (!client->monitoring)
		return failure_set(&client->failure, -ENOTCONN, "the handle is not monitoring");
	r = client_explain(client, METHOD, next(client, timeout_ms, &pool));
	if (r > 0)
		*ret = pool_first(&pool);
	else
		pool_free(&pool);
	if (r < 0)
		client_disconnect(client);
	return r;
}
