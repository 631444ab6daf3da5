/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <time.h>

#include "common/cleanup.h"
#include "common/log.h"
#include "daemon/drain.h"
#include "daemon/follow.h"
#include "daemon/recovery.h"
#include "daemon/tell.h"
#include "daemon/watch_regions.h"

void broker_end_lease(struct broker *b, struct lease *l)
{
	char id[LEASE_ID_MAX];
	int r = state_remove(b->state, STATE_LEASES, lease_id(l, id));

	/* The next daemon finds a record without a buffer, and drops it. */
	if (r < 0)
		log_warning("Cannot remove the record of lease %s from %s: %s.", id,
			    state_path(b->state), strerror(-r));
	log_debug("Lease %s of %s ended.", id, l->tenant);
	tell_ended(b, l);
	leases_remove(&b->leases, l);
}

/* What was done to the one lease is in its state, and told of, before the driver says so. */
static void advance(struct broker *b, struct lease *l, uint32_t state)
{
	bool drained = drains_have(b, &l->provider);
	enum p2pmem_state before = l->state;

	lease_advance(l, state);
	if (state == P2PMEM_STATE_NOTICE && before < P2PMEM_STATE_NOTICE)
		tell_revoked(b, NULL, l, AUDIT_NOTICE);
	else if (state == P2PMEM_STATE_REVOKED && before < P2PMEM_STATE_REVOKED)
		tell_revoked(b, NULL, l, drained ? AUDIT_DRAIN : AUDIT_BY_DRIVER);
}

/* ---- events ---------------------------------------------------------- */

static void take_buffer_event(struct broker *b, const struct p2pmem_event *e)
{
	struct lease *l = leases_find(&b->leases, e->cookie);

	watch_regions_touch(b, false);
	/* Whoever allocates past the broker chooses cookies as he likes. */
	if (!l || l->buffer != e->id)
		return;
	if (e->type == P2PMEM_EVENT_FREED)
		broker_end_lease(b, l);
	else
		advance(b, l,
			e->type == P2PMEM_EVENT_NOTICE ? P2PMEM_STATE_NOTICE :
							 P2PMEM_STATE_REVOKED);
}

static void take_event(struct broker *b, const struct p2pmem_event *e, bool *lost)
{
	switch (e->type) {
	case P2PMEM_EVENT_FREED:
	case P2PMEM_EVENT_NOTICE:
	case P2PMEM_EVENT_REVOKED:
		take_buffer_event(b, e);
		drains_touch(b, &e->provider);
		break;
	case P2PMEM_EVENT_REGION_ADDED:
	case P2PMEM_EVENT_REGION_GONE:
		broker_invalidate(b);
		drains_touch(b, &e->provider);
		break;
	case P2PMEM_EVENT_LOST:
		*lost = true;
		drains_touch(b, NULL);
		break;
	default: /* of a later driver */
		break;
	}
}

static int take_events(struct broker *b, bool *lost)
{
	const struct region_driver *d = b->driver;
	struct p2pmem_event events[EVENTS_MAX];
	int n;

	while ((n = d->ops->read_events(d->data, b->events, events)) > 0)
		for (int i = 0; i < n; i++)
			take_event(b, &events[i], lost);
	return n;
}

/* ---- lists ----------------------------------------------------------- */

static void compare(struct broker *b, const struct p2pmem_buffer_info *buffers, size_t n)
{
	for (struct lease *l = b->leases.first, *next; l; l = next) {
		const struct p2pmem_buffer_info *buffer = lease_buffer(l, buffers, n);

		next = l->next;
		if (buffer)
			advance(b, l, buffer->state);
		else
			broker_end_lease(b, l);
	}
}

/* How a lease ended that is not in the list any more, is in the events. */
static int refresh_once(struct broker *b, bool *lost)
{
	_cleanup_free_ struct p2pmem_buffer_info *buffers = NULL;
	size_t n = 0;
	int r = b->driver->ops->list_buffers(b->driver->data, &buffers, &n);

	if (r == 0)
		r = take_events(b, lost);
	if (r == 0)
		compare(b, buffers, n);
	return r;
}

static int refresh(struct broker *b)
{
	bool lost;
	int r;

	do {
		lost = false;
		r = refresh_once(b, &lost);
	} while (r == 0 && lost);
	return r;
}

static int catch_up(struct broker *b)
{
	bool lost = false;
	int r = take_events(b, &lost);

	if (r < 0 || !lost)
		return r;
	log_info("The driver had more to tell than it keeps; asking for all of it.");
	return refresh(b);
}

static int on_events(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
	broker_follow(userdata);
	return 0;
}

/* ---- attaching ------------------------------------------------------- */

/*
 * So short that whoever ended the last lease can unload the module, and so long
 * that clients who borrow and give back in turns pay for it now and then only.
 */
#define IDLE_USEC 100000U

static bool has_use(const struct broker *b)
{
	return b->leases.n > 0 || drains_busy(b);
}

static int on_idle(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct broker *b = userdata;

	b->on_idle = sd_event_source_disable_unref(b->on_idle);
	if (!has_use(b))
		broker_unfollow(b);
	return 0;
}

/* Without the timer the module stays in use, which is no more than a nuisance. */
static void arm_idle(struct broker *b)
{
	int r;

	if (!b->event || b->on_idle || has_use(b))
		return;
	r = sd_event_add_time_relative(b->event, &b->on_idle, CLOCK_MONOTONIC, IDLE_USEC, 0,
				       on_idle, b);
	if (r < 0)
		log_warning("Cannot let go of the driver while it is idle: %s.", strerror(-r));
}

void broker_unfollow(struct broker *b)
{
	b->on_idle = sd_event_source_disable_unref(b->on_idle);
	b->on_events = sd_event_source_disable_unref(b->on_events);
	close_fd(&b->events);
}

static int attach(struct broker *b)
{
	const struct region_driver *d = b->driver;
	int r;

	b->events = d->ops->open_events(d->data);
	if (b->events < 0) {
		r = b->events;
		b->events = -1;
		return r;
	}
	/* After events began to be kept: what the lists miss is told. */
	r = refresh(b);
	if (r == 0)
		r = broker_recover(b);
	if (r == 0 && b->event)
		r = sd_event_add_io(b->event, &b->on_events, b->events, EPOLLIN, on_events, b);
	return r < 0 ? r : 0;
}

/* What cannot be followed any more would be found readable for ever. */
static int checked(struct broker *b, int r)
{
	if (r >= 0)
		return 0;
	if (b->events >= 0)
		log_warning("Cannot follow the driver's events: %s.", strerror(-r));
	broker_unfollow(b);
	return r;
}

/* @r: what following came to. */
static int settle(struct broker *b, int r)
{
	r = checked(b, r);
	if (r < 0)
		return r;
	drains_step(b);
	arm_idle(b);
	return 0;
}

int broker_follow(struct broker *b)
{
	int r = b->events < 0 ? attach(b) : 0;

	if (r >= 0)
		r = catch_up(b);
	return settle(b, r);
}

int broker_look(struct broker *b)
{
	int r = broker_follow(b);

	return r < 0 ? r : settle(b, refresh(b));
}
