/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Explain. */
#include <errno.h>

#include "common/cleanup.h"
#include "common/json.h"
#include "common/varlink.h"
#include "client/lib.h"
#include "client/lib_list.h"

static int add_reply(struct p2pmem_client *c, struct json_object *parameters, void *data)
{
	struct json_object *o = parameters ? json_object_object_get(parameters, "explanation") :
					     NULL;

	return o ? list_add(data, o) : -EBADMSG;
}

static int parameters_build(struct failure *f, const char *region, const char *device,
			    struct json_object **ret)
{
	_cleanup_json_ struct json_object *p = json_object_new_object();
	struct json_object *reference;
	int r;

	if (!p || json_add_string(p, "region", region) < 0)
		return -ENOMEM;
	r = device_from_name(f, device, &reference);
	if (r >= 0)
		r = json_add(p, "device", reference);
	if (r >= 0)
		*ret = take_ptr(p);
	return r;
}

int p2pmem_explain(struct p2pmem_client *client, const char *region, const char *device,
		   struct p2pmem_explanation **ret)
{
	_cleanup_(list_done) struct list list = { .shape = &shape_explanation };
	struct json_object *parameters;
	int r;

	failure_clear(&client->failure);
	r = parameters_build(&client->failure, region, device, &parameters);
	if (r < 0)
		return r;
	r = client_call(client, BROKER_INTERFACE ".Explain", parameters, false, add_reply, &list);
	if (r >= 0)
		*ret = list_take(&list);
	return r;
}
