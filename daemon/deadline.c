/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <string.h>
#include <time.h>

#include "common/log.h"
#include "daemon/deadline.h"
#include "daemon/drain.h"
#include "daemon/follow.h"
#include "daemon/tell.h"

static bool is_pending(const struct lease *l)
{
	return l->revoke_at && l->state < P2PMEM_STATE_REVOKED;
}

static uint64_t earliest(const struct broker *b)
{
	uint64_t at = drains_deadline(b);

	for (const struct lease *l = b->leases.first; l; l = l->next)
		if (is_pending(l) && l->revoke_at < at)
			at = l->revoke_at;
	return at;
}

static int on_deadline(sd_event_source *source, uint64_t usec, void *userdata)
{
	broker_revoke_due(userdata, broker_now());
	return 0;
}

void broker_arm(struct broker *b)
{
	uint64_t at = earliest(b);
	int r;

	b->on_deadline = sd_event_source_disable_unref(b->on_deadline);
	if (!b->event || at == UINT64_MAX)
		return;
	/* Whole milliseconds are near enough for a grace. */
	r = sd_event_add_time(b->event, &b->on_deadline, CLOCK_BOOTTIME, at, 1000, on_deadline, b);
	if (r < 0)
		log_error("Cannot keep a deadline: %s.", strerror(-r));
}

static int revoke_lease(struct broker *b, struct lease *l, uint64_t now)
{
	int r = b->driver->ops->revoke(b->driver->data, l->buffer, false);

	if (r < 0 && r != -ENOENT) {
		l->revoke_at = now + DEADLINE_RETRY_USEC;
		return r;
	}
	lease_advance(l, P2PMEM_STATE_REVOKED);
	tell_revoked(b, NULL, l, AUDIT_DEADLINE);
	return 0;
}

/* One line for all, as what keeps the driver from one mostly keeps it from thousands. */
static void revoke_leases(struct broker *b, uint64_t now)
{
	size_t failed = 0;
	int r, error = 0;

	for (struct lease *l = b->leases.first; l; l = l->next) {
		if (!is_pending(l) || l->revoke_at > now)
			continue;
		r = revoke_lease(b, l, now);
		if (r < 0) {
			error = r;
			failed++;
		}
	}
	if (failed > 0)
		log_error("Cannot revoke %zu lease%s whose time is up: %s; trying again.", failed,
			  failed == 1 ? "" : "s", strerror(-error));
}

void broker_revoke_due(struct broker *b, uint64_t now)
{
	revoke_leases(b, now);
	drains_touch(b, NULL);
	/* What is due is not put off by a driver that cannot be followed. */
	if (broker_follow(b) < 0)
		drains_step(b);
	broker_arm(b);
}
