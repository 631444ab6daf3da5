/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What went wrong: from the broker's typed errors to an errno and sentences. */
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/json.h"
#include "common/varlink.h"
#include "client/lib.h"
#include "client/lib_list.h"

void failure_clear(struct failure *f)
{
	free(f->message);
	free(f->error_name);
	free(f->remedy);
	pool_free(&f->refusals);
	pool_free(&f->mistakes);
	*f = (struct failure){};
}

int failure_set(struct failure *f, int error, const char *format, ...)
{
	va_list ap;

	free(f->message);
	va_start(ap, format);
	if (vasprintf(&f->message, format, ap) < 0)
		f->message = NULL;
	va_end(ap);
	return error;
}

void failure_set_remedy(struct failure *f, const char *remedy)
{
	free(f->remedy);
	f->remedy = strdup(remedy);
}

const char *p2pmem_errmsg(const struct p2pmem_client *client)
{
	return client->failure.message ? client->failure.message : "no further information";
}

const char *p2pmem_error_name(const struct p2pmem_client *client)
{
	return client->failure.error_name;
}

const char *p2pmem_error_remedy(const struct p2pmem_client *client)
{
	return client->failure.remedy;
}

const struct p2pmem_refusal *p2pmem_error_refusals(const struct p2pmem_client *client)
{
	/* Refusals are collected so that the first one is the pool's first chunk. */
	return pool_first(&client->failure.refusals);
}

const struct p2pmem_policy_mistake *p2pmem_error_mistakes(const struct p2pmem_client *client)
{
	return pool_first(&client->failure.mistakes);
}

static int refusal_parse(struct json_object *o, struct pool *pool, struct p2pmem_refusal *ret)
{
	const char *region, *provider, *device = NULL, *verdict, *reason, *remedy = NULL, *bad;
	const struct json_field fields[] = {
		{ "region", JSON_STRING, true, &region },
		{ "provider", JSON_STRING, true, &provider },
		{ "device", JSON_STRING, false, &device },
		{ "verdict", JSON_STRING, true, &verdict },
		{ "reason", JSON_STRING, true, &reason },
		{ "remedy", JSON_STRING, false, &remedy },
		{},
	};

	if (!json_object_is_type(o, json_type_object) || json_read(o, fields, false, &bad) < 0)
		return -EBADMSG;
	ret->verdict = verdict_from_name(verdict);
	if (pool_string(pool, region, &ret->region) < 0 ||
	    pool_string(pool, provider, &ret->provider) < 0 ||
	    pool_string(pool, device, &ret->device) < 0 ||
	    pool_string(pool, reason, &ret->reason) < 0 ||
	    pool_string(pool, remedy, &ret->remedy) < 0)
		return -ENOMEM;
	return 0;
}

static int refusals_parse(struct json_object *array, struct pool *pool)
{
	struct p2pmem_refusal *last = NULL;

	for (size_t i = 0; i < json_object_array_length(array); i++) {
		struct p2pmem_refusal *refusal = pool_alloc(pool, sizeof(*refusal));
		int r;

		if (!refusal)
			return -ENOMEM;
		r = refusal_parse(json_object_array_get_idx(array, i), pool, refusal);
		if (r < 0)
			return r;
		if (last)
			last->next = refusal;
		last = refusal;
	}
	return 0;
}

/* The members that the broker's errors have among them. */
struct details {
	const char *reason;
	const char *remedy;
	const char *device;
	const char *layer;
	const char *region;
	const char *parameter;
	const char *method;
	const char *lease;
	const char *provider;
	const char *directory;
	const char *tenant;
	const char *rule;
	const char *what;
	int64_t limit;
	int64_t used;
	int64_t free;
	int64_t asked;
	struct json_object *refusals;
	struct json_object *mistakes;
};

static int not_permitted(struct failure *f, const struct details *d)
{
	return failure_set(f, -EACCES, "not permitted: %s", d->reason);
}

static int no_compatible_region(struct failure *f, const struct details *d)
{
	int r = d->refusals ? refusals_parse(d->refusals, &f->refusals) : 0;

	if (r < 0) {
		pool_free(&f->refusals);
		return r;
	}
	if (!f->refusals.head)
		return failure_set(f, -EREMOTEIO, "there is no peer-to-peer memory");
	return failure_set(f, -EREMOTEIO, "no region is within reach of all the devices");
}

static int no_space(struct failure *f, const struct details *d)
{
	return failure_set(f, -ENOSPC,
			   "%s has no room: %" PRId64 " bytes asked for, %" PRId64 " free",
			   d->region, d->asked, d->free);
}

/* Of the broker's words, those that need others than "bytes" and "buffers". */
static const char *quota_text(const char *what)
{
	static const struct {
		const char *what;
		const char *text;
	} texts[] = {
		{ "uidBytes", "bytes of one user" },
		{ "uidBuffers", "buffers of one user" },
		{ "largest", "bytes in one lease" },
		{ "unreserved", "bytes that are not reserved for others" },
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		if (strcmp(texts[i].what, what) == 0)
			return texts[i].text;
	return what;
}

static int quota_exceeded(struct failure *f, const struct details *d)
{
	return failure_set(f, -EDQUOT,
			   "over the quota: rule %s allows %s %" PRId64 " %s of %s; %" PRId64
			   " are held, and %" PRId64 " more were asked for",
			   d->rule, d->tenant, d->limit, quota_text(d->what), d->region, d->used,
			   d->asked);
}

static int no_such_device(struct failure *f, const struct details *d)
{
	return failure_set(f, -ENODEV, "the broker knows no device %s", d->device);
}

static int no_such_region(struct failure *f, const struct details *d)
{
	return failure_set(f, -ENXIO, "there is no region %s", d->region);
}

static int no_such_lease(struct failure *f, const struct details *d)
{
	return failure_set(f, -ENOENT, "there is no lease %s, or it is not yours", d->lease);
}

static int too_many_monitors(struct failure *f, const struct details *d)
{
	failure_set_remedy(f, "End one of them, or read what you want to know from that.");
	return failure_set(f, -EBUSY, "%" PRId64 " monitors are open already, and no more may be",
			   d->limit);
}

static int undrained(struct failure *f, const struct details *d)
{
	return failure_set(f, -ECANCELED, "%s is lent from again: somebody called undrain",
			   d->provider);
}

static int state_unavailable(struct failure *f, const struct details *d)
{
	return failure_set(f, -EIO, "the daemon cannot keep records in %s: %s", d->directory,
			   d->reason);
}

static int not_peer_to_peer(struct failure *f, const struct details *d)
{
	return failure_set(f, -EOPNOTSUPP, "%s cannot do peer-to-peer transfers: %s: %s", d->device,
			   d->layer, d->reason);
}

static int driver_unavailable(struct failure *f, const struct details *d)
{
	return failure_set(f, -ENOSYS, "the driver cannot be used: %s", d->reason);
}

static int policy_invalid(struct failure *f, const struct details *d)
{
	_cleanup_(list_done) struct list list = { .shape = &shape_policy_mistake };

	for (size_t i = 0; d->mistakes && i < json_object_array_length(d->mistakes); i++) {
		int r = list_add(&list, json_object_array_get_idx(d->mistakes, i));

		if (r < 0)
			return r;
	}
	f->mistakes = list.pool;
	list.pool = (struct pool){};
	return failure_set(f, -EINVAL, "the policy has mistakes; what was in force stays");
}

static int invalid_parameter(struct failure *f, const struct details *d)
{
	return failure_set(f, -EINVAL, "the broker does not accept the parameter %s", d->parameter);
}

static int method_not_found(struct failure *f, const struct details *d)
{
	failure_set_remedy(f, "Install both of one version, and restart the broker, which ends no "
			      "lease; p2pmemctl doctor says which versions they are.");
	return failure_set(f, -EPROTONOSUPPORT,
			   "the broker knows no method %s: it is older than this program",
			   d->method);
}

static const struct {
	const char *name;
	int (*record)(struct failure *f, const struct details *d);
} errors[] = {
	{ BROKER_INTERFACE ".NotPermitted", not_permitted },
	{ BROKER_INTERFACE ".NoCompatibleRegion", no_compatible_region },
	{ BROKER_INTERFACE ".NoSpace", no_space },
	{ BROKER_INTERFACE ".QuotaExceeded", quota_exceeded },
	{ BROKER_INTERFACE ".NoSuchDevice", no_such_device },
	{ BROKER_INTERFACE ".NoSuchRegion", no_such_region },
	{ BROKER_INTERFACE ".NoSuchLease", no_such_lease },
	{ BROKER_INTERFACE ".PolicyInvalid", policy_invalid },
	{ BROKER_INTERFACE ".Undrained", undrained },
	{ BROKER_INTERFACE ".TooManyMonitors", too_many_monitors },
	{ BROKER_INTERFACE ".StateUnavailable", state_unavailable },
	{ BROKER_INTERFACE ".NotPeerToPeer", not_peer_to_peer },
	{ BROKER_INTERFACE ".DriverUnavailable", driver_unavailable },
	{ VARLINK_ERROR_INVALID_PARAMETER, invalid_parameter },
	{ VARLINK_ERROR_METHOD_NOT_FOUND, method_not_found },
};

static int details_parse(struct json_object *parameters, struct details *d)
{
	const struct json_field fields[] = {
		{ "reason", JSON_STRING, false, &d->reason },
		{ "remedy", JSON_STRING, false, &d->remedy },
		{ "device", JSON_STRING, false, &d->device },
		{ "layer", JSON_STRING, false, &d->layer },
		{ "region", JSON_STRING, false, &d->region },
		{ "parameter", JSON_STRING, false, &d->parameter },
		{ "method", JSON_STRING, false, &d->method },
		{ "lease", JSON_STRING, false, &d->lease },
		{ "provider", JSON_STRING, false, &d->provider },
		{ "directory", JSON_STRING, false, &d->directory },
		{ "tenant", JSON_STRING, false, &d->tenant },
		{ "rule", JSON_STRING, false, &d->rule },
		{ "what", JSON_STRING, false, &d->what },
		{ "limit", JSON_INT, false, &d->limit },
		{ "used", JSON_INT, false, &d->used },
		{ "free", JSON_INT, false, &d->free },
		{ "asked", JSON_INT, false, &d->asked },
		{ "refusals", JSON_ARRAY, false, &d->refusals },
		{ "mistakes", JSON_ARRAY, false, &d->mistakes },
		{},
	};
	const char *bad;

	if (parameters && json_read(parameters, fields, false, &bad) < 0)
		return -EBADMSG;
	return 0;
}

int failure_from_reply(struct failure *f, const char *error, struct json_object *parameters)
{
	struct details d = {
		.reason = "(no reason given)",
		.device = "(unnamed)",
		.layer = "(unnamed)",
		.region = "(unnamed)",
		.parameter = "(unnamed)",
		.method = "(unnamed)",
		.lease = "(unnamed)",
		.provider = "(unnamed)",
		.directory = "(unnamed)",
		.tenant = "(unnamed)",
		.rule = "(unnamed)",
		.what = "bytes",
	};

	f->error_name = strdup(error);
	if (!f->error_name)
		return -ENOMEM;
	if (details_parse(parameters, &d) < 0)
		return failure_set(f, -EBADMSG, "the broker's error %s is malformed", error);
	if (d.remedy) {
		f->remedy = strdup(d.remedy);
		if (!f->remedy)
			return -ENOMEM;
	}
	for (size_t i = 0; i < sizeof(errors) / sizeof(*errors); i++)
		if (strcmp(error, errors[i].name) == 0)
			return errors[i].record(f, &d);
	return failure_set(f, -EPROTO, "the broker answered with an error that is not known: %s",
			   error);
}
