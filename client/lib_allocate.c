/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Allocate: what is asked of the broker, and what to do when it is refused. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <syslog.h>

#include "common/cleanup.h"
#include "common/json.h"
#include "common/varlink.h"
#include "client/lib_buffer.h"
#include "client/lib_shape.h"

/* ---- the request ----------------------------------------------------- */

static int add_device(struct json_object *devices, int r, struct json_object *reference)
{
	return r < 0 ? r : json_append(devices, reference);
}

static int devices_build(struct failure *f, const struct p2pmem_allocate_options *o,
			 struct json_object **ret)
{
	_cleanup_json_ struct json_object *devices = json_object_new_array();
	struct json_object *reference = NULL;
	int r;

	if (!devices)
		return -ENOMEM;
	for (size_t i = 0; i < o->n_fds; i++) {
		r = device_from_fd(f, o->fds[i], NULL, &reference);
		r = add_device(devices, r, reference);
		if (r < 0)
			return r;
	}
	for (size_t i = 0; i < o->n_devices; i++) {
		r = device_from_name(f, o->devices[i], &reference);
		r = add_device(devices, r, reference);
		if (r < 0)
			return r;
	}
	*ret = take_ptr(devices);
	return 0;
}

static int parameters_build(struct failure *f, const struct p2pmem_allocate_options *o,
			    struct json_object **ret)
{
	_cleanup_json_ struct json_object *p = json_object_new_object();
	struct json_object *devices;
	int r = p ? devices_build(f, o, &devices) : -ENOMEM;

	if (r < 0)
		return r;
	r = json_add(p, "devices", devices);
	if (r >= 0)
		r = json_add_int(p, "size", o->size);
	if (r >= 0 && o->min_size)
		r = json_add_int(p, "minSize", o->min_size);
	if (r >= 0)
		r = json_add_string(p, "region", o->region);
	if (r >= 0)
		r = json_add_string(p, "name", o->name);
	if (r >= 0 && o->min_verdict)
		r = json_add_string(p, "minVerdict", p2pmem_verdict_name(o->min_verdict));
	if (r >= 0)
		*ret = take_ptr(p);
	return r;
}

/* ---- the reply ------------------------------------------------------- */

/* The lease says how long the mapping may be; a shorter file would fault in the caller. */
static int check_descriptor(const struct p2pmem_buffer *buffer, uint64_t at_least)
{
	struct stat st;

	if (fstat(buffer->fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode) || st.st_size < 0 || (uint64_t)st.st_size < buffer->size ||
	    buffer->size < at_least)
		return -EBADMSG;
	return 0;
}

struct request {
	uint64_t at_least;
	struct p2pmem_buffer *buffer;
};

static int allocated(struct p2pmem_client *c, struct json_object *parameters, void *data)
{
	struct request *request = data;
	struct p2pmem_buffer *buffer = request->buffer;
	struct json_object *lease;
	int64_t index;
	const struct json_field fields[] = {
		{ "lease", JSON_OBJECT, true, &lease },
		{ "bufferFileDescriptor", JSON_INT, true, &index },
		{},
	};
	const char *bad;
	int r;

	if (json_read(parameters, fields, false, &bad) < 0 || index != 0)
		return -EBADMSG;
	r = shape_parse(&shape_lease, lease, &buffer->pool, &buffer->lease);
	if (r < 0)
		return r;
	buffer->fd = stream_take_fd(c->stream);
	if (buffer->fd < 0)
		return -EBADMSG;
	buffer->size = buffer->lease.size;
	return check_descriptor(buffer, request->at_least);
}

static int borrow(struct p2pmem_client *c, const struct p2pmem_allocate_options *o,
		  struct p2pmem_buffer **ret)
{
	_cleanup_(buffer_freep) struct p2pmem_buffer *buffer = NULL;
	struct json_object *parameters;
	struct request request = { .at_least = o->min_size ? o->min_size : o->size };
	int r = parameters_build(&c->failure, o, &parameters);

	if (r < 0)
		return r;
	r = buffer_new(&buffer);
	if (r < 0)
		return json_drop(parameters), r;
	request.buffer = buffer;
	r = client_call(c, BROKER_INTERFACE ".Allocate", parameters, false, allocated, &request);
	if (r < 0)
		return r;
	buffer->kind = P2PMEM_KIND_PEER_TO_PEER;
	buffer->lent = true;
	client_log(c, LOG_INFO, "lease %s: %" PRIu64 " bytes of %s", buffer->lease.id, buffer->size,
		   buffer->lease.region);
	*ret = take_ptr(buffer);
	return 0;
}

/* ---- falling back ---------------------------------------------------- */

/* The broker's own word, or that there is no broker; what the caller did wrong stays wrong. */
static bool is_refusal(const struct p2pmem_client *c, int error)
{
	switch (error) {
	case -ECANCELED:
	case -EINTR:
	case -EBUSY:
	case -ENOMEM:
	case -EMFILE:
	case -ENFILE:
		return false;
	case -EOPNOTSUPP:
	case -ENOTCONN:
	case -ECONNRESET:
	case -ETIMEDOUT:
	case -EBADMSG:
		return true;
	default:
		return c->failure.error_name && error != -EINVAL;
	}
}

static int fall_back(struct p2pmem_client *c, const struct p2pmem_allocate_options *o, int error,
		     struct p2pmem_buffer **ret)
{
	_cleanup_(buffer_freep) struct p2pmem_buffer *buffer = NULL;
	int r = buffer_new(&buffer);

	if (r < 0)
		return r;
	buffer->fallback_error = error;
	buffer->fallback_reason = strdup(p2pmem_errmsg(c));
	if (!buffer->fallback_reason)
		return -ENOMEM;
	r = host_memory(o->size, o->fallback, buffer);
	if (r < 0)
		return failure_set(&c->failure, r, "%s; no host memory either: %s",
				   buffer->fallback_reason, strerror(-r));
	client_log(c, LOG_NOTICE, "host memory instead of P2P memory: %s", p2pmem_errmsg(c));
	*ret = take_ptr(buffer);
	return 0;
}

static int options_take(struct p2pmem_allocate_options *o,
			const struct p2pmem_allocate_options *from)
{
	if (options_copy(o, sizeof(*o), SIZE_UP_TO(struct p2pmem_allocate_options, fallback),
			 from) < 0 ||
	    o->size == 0 || o->size > INT64_MAX || o->min_size > o->size ||
	    (unsigned int)o->fallback > P2PMEM_FALLBACK_HUGE)
		return -EINVAL;
	return 0;
}

int p2pmem_allocate(struct p2pmem_client *client, const struct p2pmem_allocate_options *options,
		    struct p2pmem_buffer **ret)
{
	struct p2pmem_allocate_options o;
	int r;

	failure_clear(&client->failure);
	if (options_take(&o, options) < 0)
		return failure_set(&client->failure, -EINVAL, "the options are not valid");
	r = borrow(client, &o, ret);
	if (r < 0 && o.fallback != P2PMEM_FALLBACK_NONE && is_refusal(client, r))
		return fall_back(client, &o, r, ret);
	return r;
}
