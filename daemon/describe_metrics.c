/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/cleanup.h"
#include "common/json.h"
#include "daemon/describe_lease.h"
#include "daemon/describe_metrics.h"
#include "topology/describe.h"

static int append_count(struct json_object *list, const char *name, uint64_t n)
{
	_cleanup_json_ struct json_object *o = json_object_new_object();

	if (!o || json_add_string(o, "name", name) < 0 || json_add_int(o, "count", (int64_t)n) < 0)
		return -ENOMEM;
	return json_append(list, take_ptr(o));
}

struct json_object *describe_counters(const struct counters *c)
{
	_cleanup_json_ struct json_object *list = json_object_new_array();
	int r = list ? 0 : -ENOMEM;

	for (size_t i = 0; r == 0 && i < c->n; i++)
		r = append_count(list, c->list[i].name, c->list[i].n);
	return r < 0 ? NULL : take_ptr(list);
}

struct json_object *describe_states(const struct leases *ls)
{
	_cleanup_json_ struct json_object *list = json_object_new_array();
	uint64_t counts[P2PMEM_STATE_DRAINING + 1] = {};
	int r = list ? 0 : -ENOMEM;

	for (const struct lease *l = ls->first; l; l = l->next)
		counts[l->state]++;
	for (int s = P2PMEM_STATE_LIVE; r == 0 && s <= P2PMEM_STATE_DRAINING; s++)
		r = append_count(list, lease_state_name((enum p2pmem_state)s), counts[s]);
	return r < 0 ? NULL : take_ptr(list);
}

struct json_object *describe_histogram(const struct histogram *h)
{
	_cleanup_json_ struct json_object *list = json_object_new_array();
	uint64_t sum = 0;

	if (!list)
		return NULL;
	for (size_t i = 0; i <= HISTOGRAM_BOUNDS; i++) {
		_cleanup_json_ struct json_object *o = json_object_new_object();

		sum += h->counts[i];
		if (!o ||
		    (i < HISTOGRAM_BOUNDS &&
		     json_add_int(o, "upToUSec", (int64_t)histogram_bounds_usec[i]) < 0) ||
		    json_add_int(o, "count", (int64_t)sum) < 0 ||
		    json_append(list, take_ptr(o)) < 0)
			return NULL;
	}
	return take_ptr(list);
}

static int append_tenant(const char *tenant, const struct p2pmem_pci_address *provider,
			 const struct usage *usage, void *userdata)
{
	_cleanup_json_ struct json_object *o = json_object_new_object();

	if (!o || json_add_string(o, "tenant", tenant) < 0 ||
	    json_add(o, "provider", describe_address(provider)) < 0 ||
	    json_add_int(o, "leases", (int64_t)usage->buffers) < 0 ||
	    json_add_int(o, "bytes", (int64_t)usage->bytes) < 0)
		return -ENOMEM;
	return json_append(userdata, take_ptr(o));
}

struct json_object *describe_tenants(const struct accounts *a)
{
	_cleanup_json_ struct json_object *list = json_object_new_array();

	if (!list || accounts_each_tenant(a, append_tenant, list) < 0)
		return NULL;
	return take_ptr(list);
}
