/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The broker's numbers, and its policy. */
#include <errno.h>

#include "common/cleanup.h"
#include "common/json.h"
#include "common/varlink.h"
#include "client/lib.h"
#include "client/lib_list.h"

static int add_metrics(struct p2pmem_client *c, struct json_object *parameters, void *data)
{
	struct json_object *o = parameters ? json_object_object_get(parameters, "metrics") : NULL;

	return o ? list_add(data, o) : -EBADMSG;
}

int p2pmem_get_metrics(struct p2pmem_client *client, struct p2pmem_metrics **ret)
{
	_cleanup_(list_done) struct list list = { .shape = &shape_metrics };
	int r;

	failure_clear(&client->failure);
	r = client_call(client, BROKER_INTERFACE ".GetMetrics", NULL, false, add_metrics, &list);
	if (r >= 0)
		*ret = list_take(&list);
	return r;
}

static int add_policy(struct p2pmem_client *c, struct json_object *parameters, void *data)
{
	return parameters ? list_add(data, parameters) : -EBADMSG;
}

int p2pmem_reload_policy(struct p2pmem_client *client, struct p2pmem_policy **ret)
{
	_cleanup_(list_done) struct list list = { .shape = &shape_policy };
	int r;

	failure_clear(&client->failure);
	r = client_call(client, BROKER_INTERFACE ".Reload", NULL, false, add_policy, &list);
	if (r >= 0)
		*ret = list_take(&list);
	return r;
}
