/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The lists, from the daemon or by a survey: what that tells goes through the
 * library's own tables, so that both are alike.
 */
#include <errno.h>

#include "common/cleanup.h"
#include "client/lib_list.h"
#include "client/origin_inside.h"
#include "client/say.h"

static int add(struct json_object *o, void *userdata)
{
	_cleanup_json_ struct json_object *owned = o;

	return owned ? list_add(userdata, owned) : -ENOMEM;
}

typedef int (*survey_fn)(const struct survey *s, survey_emit emit, void *userdata);

static int make_list(const struct origin *s, const struct shape *shape, survey_fn survey,
		     void **ret)
{
	_cleanup_(list_done) struct list list = { .shape = shape };
	int r = survey(&s->survey, add, &list);

	if (r < 0)
		return origin_cannot_read(s->sysfs.root, r);
	*ret = list_take(&list);
	return STATUS_OK;
}

/* From the daemon (@r is what the library said of it), or by a survey. */
static int conclude(const struct origin *s, int r)
{
	return r < 0 ? ctl_failure(s->client, r) : STATUS_OK;
}

int origin_regions(struct origin *s, struct p2pmem_region **ret)
{
	if (s->client)
		return conclude(s, p2pmem_list_regions(s->client, ret));
	return make_list(s, &shape_region, survey_regions, (void **)ret);
}

int origin_devices(struct origin *s, struct p2pmem_device **ret)
{
	if (s->client)
		return conclude(s, p2pmem_list_devices(s->client, ret));
	return make_list(s, &shape_device, survey_devices, (void **)ret);
}

static int survey_all_pairs(const struct survey *s, survey_emit emit, void *userdata)
{
	return survey_pairs(s, NULL, emit, userdata);
}

int origin_pairs(struct origin *s, struct p2pmem_pair **ret)
{
	if (s->client)
		return conclude(s, p2pmem_list_pairs(s->client, ret));
	return make_list(s, &shape_pair, survey_all_pairs, (void **)ret);
}

int origin_host_bridges(struct origin *s, struct p2pmem_host_bridge **ret)
{
	if (s->client)
		return conclude(s, p2pmem_list_host_bridges(s->client, ret));
	return make_list(s, &shape_host_bridge, survey_host_bridges, (void **)ret);
}

int origin_functions(struct origin *s, struct p2pmem_function **ret)
{
	if (s->client)
		return conclude(s, p2pmem_list_functions(s->client, ret));
	return make_list(s, &shape_function, survey_functions, (void **)ret);
}

/* ---- explanations ---------------------------------------------------- */

static int explain_here(const struct origin *s, const char *provider, const struct place *device,
			struct json_object **ret)
{
	const struct topology_function *f = survey_find_region(&s->survey, provider);

	if (!f)
		return SURVEY_NO_DEVICE;
	if (device->by_number)
		return survey_explain_block(&s->survey, f, device->major, device->minor, ret);
	return survey_explain_function(&s->survey, f, &device->address, ret);
}

static int not_there(const char *device)
{
	problem("there is no device %s", device);
	remedy("p2pmemctl topology --all shows every PCI function");
	return STATUS_NO_DEVICE;
}

int origin_explain(struct origin *s, const struct p2pmem_region *region, const struct place *device,
		   struct p2pmem_explanation **ret)
{
	_cleanup_(list_done) struct list list = { .shape = &shape_explanation };
	struct json_object *o = NULL;
	char text[PLACE_MAX];
	int r;

	place_format(device, text);
	if (s->client)
		return conclude(s, p2pmem_explain(s->client, region->provider, text, ret));
	r = explain_here(s, region->provider, device, &o);
	if (r == SURVEY_NO_DEVICE)
		return not_there(text);
	if (r == 0)
		r = add(o, &list);
	if (r < 0)
		return origin_cannot_read(s->sysfs.root, r);
	*ret = list_take(&list);
	return STATUS_OK;
}
