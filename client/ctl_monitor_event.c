/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* An event in words, on a line. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "common/json.h"
#include "client/ctl_monitor.h"
#include "client/say.h"
#include "client/size.h"

/* What of an event is shown, by its kind. */
enum about {
	ABOUT_NOTHING,
	ABOUT_LEASE,
	ABOUT_REGION,
	ABOUT_POLICY,
	ABOUT_LOST,
};

struct event {
	const char *kind;
	struct json_object *lease;
	const char *reason;
	struct json_object *region;
	int64_t rules;
	bool valid;
	int64_t lost;
};

static const struct {
	const char *kind;
	enum about about;
	const char *text;
} kinds[] = {
	{ "ready", ABOUT_NOTHING, "watching" },
	{ "overflow", ABOUT_LOST, NULL },
	{ "leaseGranted", ABOUT_LEASE, "granted" },
	{ "leaseState", ABOUT_LEASE, NULL },
	{ "leaseEnded", ABOUT_LEASE, "ended" },
	{ "regionAdded", ABOUT_REGION, "added" },
	{ "regionRemoved", ABOUT_REGION, "removed" },
	{ "regionChanged", ABOUT_REGION, "changed" },
	{ "devicesChanged", ABOUT_NOTHING, "devices changed" },
	{ "policyRead", ABOUT_POLICY, NULL },
};

static int parse_event(struct json_object *o, struct event *ret)
{
	const struct json_field fields[] = {
		{ "kind", JSON_STRING, true, &ret->kind },
		{ "lease", JSON_OBJECT, false, &ret->lease },
		{ "reason", JSON_STRING, false, &ret->reason },
		{ "region", JSON_OBJECT, false, &ret->region },
		{ "rules", JSON_INT, false, &ret->rules },
		{ "valid", JSON_BOOL, false, &ret->valid },
		{ "lost", JSON_INT, false, &ret->lost },
		{},
	};
	const char *bad;

	*ret = (struct event){};
	return json_read(o, fields, false, &bad) < 0 ? -EBADMSG : 0;
}

/* ---- lines --------------------------------------------------------------- */

static const char *now(char buf[static 16])
{
	time_t t = time(NULL);
	struct tm tm;

	if (!localtime_r(&t, &tm) || strftime(buf, 16, "%H:%M:%S", &tm) == 0)
		buf[0] = '\0';
	return buf;
}

static int say_lease(FILE *f, const char *time, const struct event *e, const char *text)
{
	const char *id, *tenant, *region, *state, *bad;
	char shown[SIZE_TEXT_MAX];
	int64_t size;
	const struct json_field fields[] = {
		{ "id", JSON_STRING, true, &id },	  { "tenant", JSON_STRING, true, &tenant },
		{ "region", JSON_STRING, true, &region }, { "state", JSON_STRING, true, &state },
		{ "size", JSON_INT, true, &size },	  {},
	};

	if (!e->lease || json_read(e->lease, fields, false, &bad) < 0 || size < 0)
		return -EBADMSG;
	say(f, "%s lease %s %s: %s of %s, for %s%s%s%s", time, id, text ?: state,
	    size_short((uint64_t)size, shown), region, tenant, e->reason ? " (" : "",
	    e->reason ?: "", e->reason ? ")" : "");
	return 0;
}

static int say_region(FILE *f, const char *time, const struct event *e, const char *text)
{
	const char *name, *provider, *bad;
	char shown[2][SIZE_TEXT_MAX];
	int64_t size, available;
	bool drained = false;
	const struct json_field fields[] = {
		{ "name", JSON_STRING, true, &name },
		{ "provider", JSON_STRING, true, &provider },
		{ "size", JSON_INT, true, &size },
		{ "free", JSON_INT, true, &available },
		{ "drained", JSON_BOOL, false, &drained },
		{},
	};

	if (!e->region || json_read(e->region, fields, false, &bad) < 0 || size < 0 ||
	    available < 0)
		return -EBADMSG;
	say(f, "%s region %s (%s) %s: %s of %s free%s", time, name, provider, text,
	    size_short((uint64_t)available, shown[0]), size_short((uint64_t)size, shown[1]),
	    drained ? ", drained" : "");
	return 0;
}

static void say_policy(FILE *f, const char *time, const struct event *e)
{
	if (e->valid)
		say(f, "%s policy read: %" PRId64 " rule%s", time, e->rules,
		    e->rules == 1 ? "" : "s");
	else
		say(f, "%s policy wrong: what was in force stays; see p2pmemctl policy check",
		    time);
}

/* A kind that is not known is of a later daemon, and is named. */
static int say_event(FILE *f, const struct event *e)
{
	enum about about = ABOUT_NOTHING;
	const char *text = e->kind, *time;
	char buf[16];

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (strcmp(kinds[i].kind, e->kind) == 0) {
			about = kinds[i].about;
			text = kinds[i].text;
		}
	time = now(buf);
	switch (about) {
	case ABOUT_LEASE:
		return say_lease(f, time, e, text);
	case ABOUT_REGION:
		return say_region(f, time, e, text);
	case ABOUT_POLICY:
		say_policy(f, time, e);
		return 0;
	case ABOUT_LOST:
		say(f, "%s too slow: %" PRId64 " events were left out", time, e->lost);
		return 0;
	default:
		say(f, "%s %s", time, text);
		return 0;
	}
}

int monitor_say(FILE *f, struct json_object *event)
{
	struct event e;
	int r = parse_event(event, &e);

	return r < 0 ? r : say_event(f, &e);
}
