/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>

#include "common/cleanup.h"
#include "common/json.h"
#include "common/varlink.h"
#include "daemon/broker.h"
#include "daemon/describe_lease.h"
#include "daemon/waiter.h"
#include "daemon/watch.h"
#include "daemon/watch_regions.h"

/*
 * Each may have 64 KiB that are not read yet. Root has some more, so that others
 * do not keep it from watching.
 */
#define WATCHES_MAX 48U
#define WATCHES_OF_USER 8U
#define WATCHES_OF_ROOT 8U

struct watch {
	struct watch *next;
	struct broker *broker;
	const struct peer *who; /* of the connection */
	struct waiter *waiter;
	uint64_t lost; /* events that found no room, and this was not told */
};

void watches_done(struct watches *ws)
{
	watch_regions_end(ws);
}

/* ---- delivering ---------------------------------------------------------- */

static struct json_object *event_new(const char *kind)
{
	_cleanup_json_ struct json_object *o = json_object_new_object();

	if (!o || json_add_string(o, "kind", kind) < 0)
		return NULL;
	return take_ptr(o);
}

/* False: no room. Without memory the connection ends, which is no silence either. */
static bool deliver(struct watch *w, struct json_object *event)
{
	_cleanup_(answer_done) struct answer a = ANSWER_INIT;

	a.parameters = event ? json_object_new_object() : NULL;
	if (!a.parameters || json_add(a.parameters, "event", json_object_get(event)) < 0)
		return w->waiter->deliver(w->waiter, NULL, false);
	return w->waiter->deliver(w->waiter, &a, false);
}

static bool tell_lost(struct watch *w)
{
	_cleanup_json_ struct json_object *o = NULL;

	if (w->lost == 0)
		return true;
	o = event_new("overflow");
	if (o && json_add_int(o, "lost", (int64_t)w->lost) < 0)
		o = json_drop(o);
	if (!deliver(w, o))
		return false;
	w->lost = 0;
	return true;
}

static void tell(struct watch *w, struct json_object *event)
{
	if (!tell_lost(w) || !deliver(w, event))
		w->lost++;
}

void watch_tell_all(struct broker *b, struct json_object *event)
{
	_cleanup_json_ struct json_object *e = event;

	for (struct watch *w = b->watches.first; w; w = w->next)
		tell(w, e);
}

/* ---- what is told -------------------------------------------------------- */

static struct json_object *lease_event_new(const char *kind, const struct lease *l,
					   const char *reason)
{
	_cleanup_json_ struct json_object *o = event_new(kind);

	if (!o || json_add(o, "lease", describe_lease(l, broker_now())) < 0 ||
	    json_add_string(o, "reason", reason) < 0)
		return NULL;
	return take_ptr(o);
}

/* One object for all of them, and none if it is nobody's business. */
static void tell_of_lease(struct broker *b, const char *kind, const struct lease *l,
			  const char *reason)
{
	_cleanup_json_ struct json_object *event = NULL;

	for (struct watch *w = b->watches.first; w; w = w->next) {
		if (!policy_may_see(&b->policy, w->who, l->uid, &l->borrower))
			continue;
		if (!event)
			event = lease_event_new(kind, l, reason);
		tell(w, event);
	}
	watch_regions_touch(b, false);
}

void watch_lease(struct broker *b, const char *kind, const struct lease *l)
{
	tell_of_lease(b, kind, l, NULL);
}

void watch_lease_state(struct broker *b, const struct lease *l, enum audit_end why)
{
	tell_of_lease(b, "leaseState", l, audit_end_name(why));
}

void watch_policy(struct broker *b)
{
	_cleanup_json_ struct json_object *o = NULL;

	if (!b->watches.first)
		return;
	o = event_new("policyRead");
	if (o && (json_add_int(o, "rules", (int64_t)b->policy.n) < 0 ||
		  json_add_bool(o, "valid", !b->policy_problem) < 0))
		o = json_drop(o);
	watch_tell_all(b, take_ptr(o));
}

/* ---- the method ---------------------------------------------------------- */

static void forget(struct waiter *waiter, void *userdata)
{
	struct watch *w = userdata, **p = &w->broker->watches.first;

	while (*p != w)
		p = &(*p)->next;
	*p = w->next;
	if (!w->broker->watches.first)
		watch_regions_end(&w->broker->watches);
	free(w);
}

static void room(struct waiter *waiter, void *userdata)
{
	tell_lost(userdata);
}

/* 0, or the limit that is reached. */
static unsigned int full(const struct broker *b, uid_t uid)
{
	unsigned int n = 0, mine = 0;

	for (const struct watch *w = b->watches.first; w; w = w->next, n++)
		mine += peer_crowd(w->who) == uid;
	if (uid == 0)
		return n >= WATCHES_MAX + WATCHES_OF_ROOT ? WATCHES_MAX + WATCHES_OF_ROOT : 0;
	if (mine >= WATCHES_OF_USER)
		return WATCHES_OF_USER;
	return n >= WATCHES_MAX ? WATCHES_MAX : 0;
}

static int refuse_full(unsigned int limit, struct answer *ret)
{
	_cleanup_json_ struct json_object *p = json_object_new_object();

	if (!p || json_add_int(p, "limit", limit) < 0)
		return -ENOMEM;
	return answer_error(ret, BROKER_INTERFACE ".TooManyMonitors", take_ptr(p));
}

static int begin(struct broker *b, const struct peer *who, struct waiter *waiter)
{
	_cleanup_json_ struct json_object *ready = event_new("ready");
	struct watch *w = calloc(1, sizeof(*w));
	int r = w && ready ? 0 : -ENOMEM;

	if (r == 0 && !b->watches.first)
		r = watch_regions_begin(b);
	if (r < 0) {
		free(w);
		return r;
	}
	*w = (struct watch){ .next = b->watches.first, .broker = b, .who = who, .waiter = waiter };
	b->watches.first = w;
	waiter->forget = forget;
	waiter->room = room;
	waiter->userdata = w;
	tell(w, ready);
	return 0;
}

int broker_monitor(struct broker *b, const struct peer *who, struct answer *ret)
{
	unsigned int limit = full(b, peer_crowd(who));
	int r;

	if (limit > 0)
		return refuse_full(limit, ret);
	/* Nobody listens. */
	if (!ret->waiter)
		return 0;
	r = begin(b, who, ret->waiter);
	ret->later = r == 0;
	return r;
}
