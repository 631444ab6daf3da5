/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the methods of io.p2pmem.Broker do. A broker owns the topology as last
 * read, the leases and the view of sysfs; it knows nothing of connections.
 * The topology changes between requests, and at the beginning of one, when it
 * is brought up to date; what a request points to in it is good until its end.
 * Its functions return 0 with an answer, which may be an error of the
 * protocol, or -errno when none could be made.
 */
#pragma once

#include <systemd/sd-event.h>

#include "daemon/answer.h"
#include "daemon/audit.h"
#include "daemon/block_cache.h"
#include "daemon/disagreement.h"
#include "daemon/lease.h"
#include "daemon/metrics.h"
#include "daemon/peer.h"
#include "daemon/pools.h"
#include "daemon/quota.h"
#include "daemon/region.h"
#include "daemon/state.h"
#include "daemon/watch.h"
#include "policy/policy.h"
#include "topology/sysfs.h"
#include "topology/topology.h"

struct drain;

struct broker {
	const struct region_driver *driver;
	struct policy policy;
	const char *const *policy_folders; /* what it is read from */
	bool policy_read; /* it was; until then there is none */
	size_t policies; /* how often it was read, well or not */
	char *policy_problem; /* why it could not be read the last time, or NULL */
	struct accounts accounts; /* of the leases */
	struct sysfs sysfs;
	struct topology topology;
	bool topology_current;
	struct block_cache blocks; /* likewise as last read */
	struct pools pools;
	bool watched; /* somebody calls broker_device_changed() */
	void (*drain)(void *userdata); /* makes them tell at once what they know, or NULL */
	void *drain_userdata;
	struct leases leases;
	struct drain *drains;
	struct state *state; /* owned; NULL: nothing is kept for the next daemon */
	int events; /* the driver's; -1: not reached yet, or let go of */
	sd_event *event; /* borrowed; NULL: events are looked for when something is asked */
	sd_event_source *on_events;
	sd_event_source *on_idle; /* while there may be nothing to follow */
	sd_event_source *on_deadline;
	struct disagreements disagreements;
	struct audit audit;
	struct metrics metrics;
	struct watches watches;
	char *release; /* of the kernel; NULL: not known */
};

/* The rules of @policy are taken over. */
int broker_init(struct broker *b, const struct region_driver *driver, const char *sysfs,
		const struct policy *policy);
void broker_done(struct broker *b);

/*
 * Takes @state over, and what is drained from it. From here on leases are
 * recorded. -errno: it could not be read.
 */
int broker_set_state(struct broker *b, struct state *state);

/* From here on the driver's events and deadlines are served by @event. */
void broker_set_event(struct broker *b, sd_event *event);

/* The device at @path in sysfs may have changed; NULL: any may have. */
void broker_device_changed(struct broker *b, const char *path);

/* The devices changed: look at all of them when next asked. */
void broker_invalidate(struct broker *b);

/* What was found in sysfs beside the topology is looked for again. */
void broker_forget_sysfs(struct broker *b);

int broker_list_regions(struct broker *b, struct answer *ret);
int broker_list_devices(struct broker *b, struct answer *ret);
int broker_list_pairs(struct broker *b, struct json_object *parameters, struct answer *ret);
int broker_list_host_bridges(struct broker *b, struct answer *ret);
int broker_list_functions(struct broker *b, struct answer *ret);
int broker_explain(struct broker *b, struct json_object *parameters, struct answer *ret);
int broker_list_leases(struct broker *b, const struct peer *who, struct answer *ret);
int broker_get_metrics(struct broker *b, const struct peer *who, struct answer *ret);

/* Only with a waiter, whose caller @who is as long as it waits. */
int broker_monitor(struct broker *b, const struct peer *who, struct answer *ret);
int broker_reload(struct broker *b, const struct peer *who, struct answer *ret);
int broker_allocate(struct broker *b, const struct peer *who, struct json_object *parameters,
		    struct answer *ret);

int broker_revoke(struct broker *b, const struct peer *who, struct json_object *parameters,
		  struct answer *ret);
int broker_drain(struct broker *b, const struct peer *who, struct json_object *parameters,
		 struct answer *ret);
int broker_undrain(struct broker *b, const struct peer *who, struct json_object *parameters,
		   struct answer *ret);

/* CLOCK_BOOTTIME in microseconds: it goes on over restarts and suspends. */
uint64_t broker_now(void);
