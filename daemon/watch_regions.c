/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/json.h"
#include "common/log.h"
#include "daemon/watch.h"
#include "daemon/watch_regions.h"

/* Leases come and go by the thousand; people and programs follow at this pace. */
#define TOGETHER_USEC 100000U

/* { PROVIDER: Region } */
static int list(struct broker *b, struct json_object **ret)
{
	_cleanup_(answer_done) struct answer a = ANSWER_INIT;
	_cleanup_json_ struct json_object *o = json_object_new_object();
	int r = o ? broker_list_regions(b, &a) : -ENOMEM;
	size_t n = a.list ? json_object_array_length(a.list) : 0;

	for (size_t i = 0; r == 0 && i < n; i++) {
		struct json_object *entry = json_object_array_get_idx(a.list, i), *region, *name;

		region = json_object_object_get(entry, "region");
		name = json_object_object_get(region, "provider");
		r = json_add(o, json_object_get_string(name), json_object_get(region));
	}
	if (r == 0)
		*ret = take_ptr(o);
	return r;
}

int watch_regions_begin(struct broker *b)
{
	struct json_object *regions = NULL;
	int r = list(b, &regions);

	if (r < 0)
		return r;
	watch_regions_end(&b->watches);
	b->watches.regions = regions;
	return 0;
}

void watch_regions_end(struct watches *ws)
{
	json_object_put(ws->regions);
	ws->regions = NULL;
	ws->devices = false;
	ws->timer = sd_event_source_disable_unref(ws->timer);
}

/* ---- telling ------------------------------------------------------------- */

static void tell_region(struct broker *b, const char *kind, struct json_object *region)
{
	_cleanup_json_ struct json_object *o = json_object_new_object();

	if (o && (json_add_string(o, "kind", kind) < 0 ||
		  (region && json_add(o, "region", json_object_get(region)) < 0)))
		o = json_drop(o);
	watch_tell_all(b, take_ptr(o));
}

/* What of @old is not in @new any more. */
static void tell_gone(struct broker *b, struct json_object *old, struct json_object *new)
{
	json_object_object_foreach(old, provider, region)
		if (!json_object_object_get_ex(new, provider, NULL))
			tell_region(b, "regionRemoved", region);
}

static void tell_new(struct broker *b, struct json_object *old, struct json_object *new)
{
	json_object_object_foreach(new, provider, region) {
		struct json_object *before;

		if (!json_object_object_get_ex(old, provider, &before))
			tell_region(b, "regionAdded", region);
		else if (!json_object_equal(before, region))
			tell_region(b, "regionChanged", region);
	}
}

void watch_regions_tell(struct broker *b)
{
	struct watches *ws = &b->watches;
	struct json_object *new = NULL, *old;
	int r = list(b, &new);

	ws->timer = sd_event_source_disable_unref(ws->timer);
	if (r < 0) {
		log_warning("Cannot tell those who monitor of regions: %s.", strerror(-r));
		return;
	}
	old = ws->regions;
	ws->regions = new;
	tell_gone(b, old, new);
	tell_new(b, old, new);
	json_object_put(old);
	if (ws->devices)
		tell_region(b, "devicesChanged", NULL);
	ws->devices = false;
}

static int on_timer(sd_event_source *source, uint64_t usec, void *userdata)
{
	watch_regions_tell(userdata);
	return 0;
}

void watch_regions_touch(struct broker *b, bool devices)
{
	struct watches *ws = &b->watches;
	int r;

	if (!ws->regions)
		return;
	ws->devices |= devices;
	if (!b->event || ws->timer)
		return;
	r = sd_event_add_time_relative(b->event, &ws->timer, CLOCK_MONOTONIC, TOGETHER_USEC, 0,
				       on_timer, b);
	if (r < 0)
		log_warning("Cannot tell those who monitor of regions: %s.", strerror(-r));
}
