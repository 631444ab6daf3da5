/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>

#include "common/cleanup.h"
#include "daemon/drain.h"
#include "daemon/follow.h"
#include "daemon/view.h"
#include "daemon/watch_regions.h"
#include "topology/scan.h"

int broker_init(struct broker *b, const struct region_driver *driver, const char *sysfs,
		const struct policy *policy)
{
	struct utsname u;

	*b = (struct broker){ .driver = driver, .policy = *policy, .events = -1 };
	audit_init(&b->audit);
	metrics_init(&b->metrics);
	if (uname(&u) == 0)
		b->release = strdup(u.release);
	return b->release ? sysfs_open(sysfs, &b->sysfs) : -ENOMEM;
}

void broker_forget_sysfs(struct broker *b)
{
	block_cache_clear(&b->blocks);
	pools_clear(&b->pools);
}

void broker_done(struct broker *b)
{
	watches_done(&b->watches);
	audit_done(&b->audit);
	sd_event_source_disable_unref(b->on_deadline);
	broker_unfollow(b);
	drains_done(b);
	state_close(b->state);
	topology_done(&b->topology);
	broker_forget_sysfs(b);
	leases_done(&b->leases);
	disagreements_done(&b->disagreements);
	free(b->release);
	policy_done(&b->policy);
	free(b->policy_problem);
	sysfs_done(&b->sysfs);
}

int broker_set_state(struct broker *b, struct state *state)
{
	b->state = state;
	return drains_restore(b);
}

void broker_set_event(struct broker *b, sd_event *event)
{
	b->event = event;
}

void broker_invalidate(struct broker *b)
{
	b->topology_current = false;
	broker_forget_sysfs(b);
	watch_regions_touch(b, true);
}

void broker_device_changed(struct broker *b, const char *path)
{
	broker_forget_sysfs(b);
	watch_regions_touch(b, true);
	/* What is read anew as a whole is not worth bringing up to date. */
	if (!b->topology_current)
		return;
	if (!path || topology_update(&b->sysfs, &b->topology, path) != 0)
		broker_invalidate(b);
}

uint64_t broker_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_BOOTTIME, &t);
	return (uint64_t)t.tv_sec * 1000000U + (uint64_t)t.tv_nsec / 1000U;
}
