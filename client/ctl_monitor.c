/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* monitor: what happens, a line each, until somebody has enough of it. */
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/json.h"
#include "common/varlink.h"
#include "client/ctl.h"
#include "client/lib.h"
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

static int say_lease(const char *time, const struct event *e, const char *text)
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
	say(stdout, "%s lease %s %s: %s of %s, for %s%s%s%s", time, id, text ?: state,
	    size_short((uint64_t)size, shown), region, tenant, e->reason ? " (" : "",
	    e->reason ?: "", e->reason ? ")" : "");
	return 0;
}

static int say_region(const char *time, const struct event *e, const char *text)
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
	say(stdout, "%s region %s (%s) %s: %s of %s free%s", time, name, provider, text,
	    size_short((uint64_t)available, shown[0]), size_short((uint64_t)size, shown[1]),
	    drained ? ", drained" : "");
	return 0;
}

static void say_policy(const char *time, const struct event *e)
{
	if (e->valid)
		say(stdout, "%s policy read: %" PRId64 " rule%s", time, e->rules,
		    e->rules == 1 ? "" : "s");
	else
		say(stdout, "%s policy wrong: what was in force stays; see p2pmemctl policy check",
		    time);
}

/* A kind that is not known is of a later daemon, and is named. */
static int say_event(const struct event *e)
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
		return say_lease(time, e, text);
	case ABOUT_REGION:
		return say_region(time, e, text);
	case ABOUT_POLICY:
		say_policy(time, e);
		return 0;
	case ABOUT_LOST:
		say(stdout, "%s too slow: %" PRId64 " events were left out", time, e->lost);
		return 0;
	default:
		say(stdout, "%s %s", time, text);
		return 0;
	}
}

/* On one line, so that programs read it line by line. */
static int print_json(struct json_object *event)
{
	_cleanup_json_ struct json_object *root = ctl_json_new();

	if (!root || json_add(root, "event", json_object_get(event)) < 0)
		return -ENOMEM;
	return puts(json_object_to_json_string_ext(root, JSON_C_TO_STRING_PLAIN)) < 0 ? -EIO : 0;
}

static int take(struct p2pmem_client *client, struct json_object *parameters, void *data)
{
	const bool *json = data;
	struct json_object *o;
	const struct json_field fields[] = { { "event", JSON_OBJECT, true, &o }, {} };
	struct event e;
	const char *bad;
	int r;

	if (json_read(parameters, fields, false, &bad) < 0 || parse_event(o, &e) < 0)
		return -EBADMSG;
	r = *json ? print_json(o) : say_event(&e);
	/* Whoever reads it does so now; who reads no more ends it. */
	return r == 0 && fflush(stdout) != 0 ? -errno : r;
}

/* ---- the verb ------------------------------------------------------------ */

/* Whole lines are out by then. */
static void on_end(int number)
{
	_exit(STATUS_OK);
}

static void end_in_order(void)
{
	static const int signals[] = { SIGINT, SIGTERM };
	struct sigaction end = { .sa_handler = on_end };

	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		sigaction(signals[i], &end, NULL);
}

static int run_monitor(int argc, char **argv)
{
	_cleanup_(client_freep) struct p2pmem_client *client = NULL;
	bool json = false;
	int r = parse_list_options(&verb_monitor, argc, argv, &json);

	if (r >= 0)
		return r;
	r = ctl_connect(&client);
	if (r != STATUS_OK)
		return r;
	end_in_order();
	failure_clear(&client->failure);
	client->timeout_ms = -1;
	r = client_call(client, BROKER_INTERFACE ".Monitor", NULL, true, take, &json);
	if (r == -ECONNRESET)
		failure_set_remedy(&client->failure,
				   "start it again, and list what there is: what happens until "
				   "then is not told");
	return r < 0 ? ctl_failure(client, r) : STATUS_OK;
}

const struct verb verb_monitor = {
	.name = "monitor",
	.arguments = "",
	.summary = "Tells what happens to leases, regions and policy, as it happens",
	.help = "Options:\n"
		"  -o, --output FORMAT  'table' (default) or 'json', an object on each line\n"
		"  -h, --help           this text\n\n"
		"Of leases, your own; to administrators, everybody's. Ends with Ctrl-C, and when\n"
		"the daemon ends: start it again, and list what there is.\n",
	.run = run_monitor,
};
