/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Ending leases, and emptying regions. */
#include <errno.h>

#include "common/cleanup.h"
#include "common/json.h"
#include "common/varlink.h"
#include "client/lib.h"

static struct json_object *revoke_new(const struct p2pmem_revoke_options *o)
{
	_cleanup_json_ struct json_object *p = json_object_new_object();

	if (!p || json_add_string(p, "lease", o->lease) < 0 ||
	    json_add_string(p, "tenant", o->tenant) < 0 ||
	    json_add_string(p, "region", o->region) < 0 ||
	    (o->all && json_add_bool(p, "all", true) < 0) ||
	    json_add_int(p, "graceUSec", (int64_t)o->grace_usec) < 0)
		return NULL;
	return take_ptr(p);
}

static int take_count(struct p2pmem_client *c, struct json_object *parameters, void *data)
{
	int64_t count;
	const struct json_field fields[] = { { "leases", JSON_INT, true, &count }, {} };
	const char *bad;

	if (json_read(parameters, fields, false, &bad) < 0 || count < 0)
		return -EBADMSG;
	*(uint64_t *)data = (uint64_t)count;
	return 0;
}

int p2pmem_revoke_leases(struct p2pmem_client *client, const struct p2pmem_revoke_options *options,
			 uint64_t *ret)
{
	struct p2pmem_revoke_options o;
	struct json_object *parameters;

	failure_clear(&client->failure);
	if (options_copy(&o, sizeof(o), SIZE_UP_TO(struct p2pmem_revoke_options, grace_usec),
			 options) < 0 ||
	    o.grace_usec > INT64_MAX)
		return failure_set(&client->failure, -EINVAL, "the options are not valid");
	parameters = revoke_new(&o);
	if (!parameters)
		return -ENOMEM;
	return client_call(client, BROKER_INTERFACE ".Revoke", parameters, false, take_count, ret);
}

struct listener {
	void (*progress)(const struct p2pmem_drain_progress *progress, void *userdata);
	void *userdata;
};

static int take_progress(struct p2pmem_client *c, struct json_object *parameters, void *data)
{
	const struct listener *l = data;
	struct p2pmem_drain_progress p = {};
	int64_t buffers, bytes;
	bool safe;
	const struct json_field fields[] = {
		{ "provider", JSON_STRING, true, &p.provider },
		{ "buffers", JSON_INT, true, &buffers },
		{ "bytes", JSON_INT, true, &bytes },
		{ "safeToRemove", JSON_BOOL, true, &safe },
		{},
	};
	const char *bad;

	if (json_read(parameters, fields, false, &bad) < 0 || buffers < 0 || bytes < 0)
		return -EBADMSG;
	p.buffers = (uint64_t)buffers;
	p.bytes = (uint64_t)bytes;
	p.safe_to_remove = safe;
	if (l->progress)
		l->progress(&p, l->userdata);
	return 0;
}

/* As long as it takes: the time limit of other calls is that of an answer, not of a wait. */
static int call_without_limit(struct p2pmem_client *c, const char *method,
			      struct json_object *parameters, struct listener *l)
{
	int timeout_ms = c->timeout_ms, r;

	c->timeout_ms = -1;
	r = client_call(c, method, parameters, true, take_progress, l);
	c->timeout_ms = timeout_ms;
	return r;
}

int p2pmem_drain(struct p2pmem_client *client, const char *region, uint64_t grace_usec,
		 void (*progress)(const struct p2pmem_drain_progress *progress, void *userdata),
		 void *userdata)
{
	_cleanup_json_ struct json_object *p = json_object_new_object();
	struct listener l = { progress, userdata };

	failure_clear(&client->failure);
	if (grace_usec > INT64_MAX)
		return failure_set(&client->failure, -EINVAL, "the grace is too long");
	if (!p || json_add_string(p, "region", region) < 0 ||
	    json_add_int(p, "graceUSec", (int64_t)grace_usec) < 0)
		return -ENOMEM;
	return call_without_limit(client, BROKER_INTERFACE ".Drain", take_ptr(p), &l);
}

static int take_nothing(struct p2pmem_client *c, struct json_object *parameters, void *data)
{
	return 0;
}

int p2pmem_undrain(struct p2pmem_client *client, const char *region)
{
	_cleanup_json_ struct json_object *p = json_object_new_object();

	failure_clear(&client->failure);
	if (!p || json_add_string(p, "region", region) < 0)
		return -ENOMEM;
	return client_call(client, BROKER_INTERFACE ".Undrain", take_ptr(p), false, take_nothing,
			   NULL);
}
