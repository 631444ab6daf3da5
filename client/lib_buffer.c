/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Allocate, and the buffer that comes of it. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "common/cleanup.h"
#include "common/json.h"
#include "common/varlink.h"
#include "client/lib.h"
#include "client/lib_shape.h"

struct p2pmem_buffer {
	int fd;
	void *address; /* NULL: not mapped */
	struct p2pmem_lease lease;
	struct pool pool; /* of the lease */
};

void p2pmem_buffer_free(struct p2pmem_buffer *buffer)
{
	if (!buffer)
		return;
	if (buffer->address)
		munmap(buffer->address, buffer->lease.size);
	close_fd(&buffer->fd);
	pool_free(&buffer->pool);
	free(buffer);
}

static void buffer_freep(struct p2pmem_buffer **buffer)
{
	p2pmem_buffer_free(*buffer);
}

const struct p2pmem_lease *p2pmem_buffer_lease(const struct p2pmem_buffer *buffer)
{
	return &buffer->lease;
}

int p2pmem_buffer_fd(const struct p2pmem_buffer *buffer)
{
	return buffer->fd;
}

int p2pmem_buffer_map(struct p2pmem_buffer *buffer, void **ret)
{
	if (!buffer->address) {
		void *p = mmap(NULL, buffer->lease.size, PROT_READ | PROT_WRITE, MAP_SHARED,
			       buffer->fd, 0);

		if (p == MAP_FAILED)
			return -errno;
		buffer->address = p;
	}
	*ret = buffer->address;
	return 0;
}

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

/* The lease says how long the mapping may be; a shorter file would fault in the caller. */
static int check_descriptor(const struct p2pmem_buffer *buffer, uint64_t at_least)
{
	struct stat st;

	if (fstat(buffer->fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode) || st.st_size < 0 || (uint64_t)st.st_size < buffer->lease.size ||
	    buffer->lease.size < at_least)
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
	return check_descriptor(buffer, request->at_least);
}

int p2pmem_allocate(struct p2pmem_client *client, const struct p2pmem_allocate_options *options,
		    struct p2pmem_buffer **ret)
{
	_cleanup_(buffer_freep) struct p2pmem_buffer *buffer = calloc(1, sizeof(*buffer));
	struct p2pmem_allocate_options o;
	struct json_object *parameters;
	struct request request;
	int r;

	failure_clear(&client->failure);
	if (!buffer)
		return -ENOMEM;
	buffer->fd = -1;
	if (options_copy(&o, sizeof(o), sizeof(o), options) < 0 || o.size == 0 ||
	    o.size > INT64_MAX || o.min_size > o.size)
		return failure_set(&client->failure, -EINVAL, "the options are not valid");
	r = parameters_build(&client->failure, &o, &parameters);
	if (r < 0)
		return r;
	request = (struct request){ o.min_size ? o.min_size : o.size, buffer };
	r = client_call(client, BROKER_INTERFACE ".Allocate", parameters, false, allocated,
			&request);
	if (r < 0)
		return r;
	*ret = take_ptr(buffer);
	return 0;
}
