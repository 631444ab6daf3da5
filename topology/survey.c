/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/json.h"
#include "common/pci.h"
#include "topology/scan.h"
#include "topology/survey.h"

const struct p2pmem_region_info *survey_region(const struct survey *s,
					       const struct topology_function *provider)
{
	for (size_t i = 0; i < s->n_regions; i++)
		if (pci_address_equal(&s->regions[i].provider, &provider->address))
			return &s->regions[i];
	return NULL;
}

static bool is_called(const struct survey *s, const struct topology_function *provider,
		      const char *name)
{
	struct p2pmem_pci_address address;
	char own[REGION_NAME_MAX];

	if (strcmp(region_name(survey_region(s, provider), provider, own), name) == 0)
		return true;
	return pci_address_parse(name, &address) == 0 &&
	       pci_address_equal(&address, &provider->address);
}

static const struct topology_function *find_serial(const struct survey *s, const char *serial)
{
	const struct topology_function *found = NULL;

	for (size_t i = 0; i < s->topology->n_functions; i++) {
		const struct topology_function *f = s->topology->functions[i];

		if (!f->provider || !f->serial || strcmp(f->serial, serial) != 0)
			continue;
		if (found)
			return NULL;
		found = f;
	}
	return found;
}

const struct topology_function *survey_find_region(const struct survey *s, const char *name)
{
	for (size_t i = 0; i < s->topology->n_functions; i++) {
		const struct topology_function *f = s->topology->functions[i];

		if (f->provider && is_called(s, f, name))
			return f;
	}
	return find_serial(s, name);
}

int survey_judge(const struct survey *s, const struct topology_function *provider,
		 const struct topology_function *client, struct judgement *ret)
{
	if (s->driver)
		return s->driver->judge(s->data, provider, client, ret);
	return judge_by_model(s->topology, provider, client, ret);
}

int survey_regions(const struct survey *s, survey_emit emit, void *userdata)
{
	int r = 0;

	for (size_t i = 0; r >= 0 && i < s->topology->n_functions; i++) {
		const struct topology_function *f = s->topology->functions[i];
		const struct p2pmem_region_info *region = survey_region(s, f);
		struct pool_use use = {};

		if (!f->provider || topology_pool(s->sysfs, &f->address, &use.size, &use.free) < 0)
			continue;
		use.known = s->buffers_known;
		r = emit(describe_region(f, region, &use), userdata);
	}
	return r;
}

static int takes_p2p(const struct survey *s, const struct topology_block *b)
{
	return s->driver ? s->driver->takes_p2p(b->major, b->minor, s->data) : -1;
}

static struct json_object *describe_blocks(const struct survey *s,
					   const struct topology_function *f)
{
	_cleanup_json_ struct json_object *a = json_object_new_array();

	if (!a)
		return NULL;
	for (size_t i = 0; i < f->n_blocks; i++)
		if (json_append(a, describe_block(&f->blocks[i], takes_p2p(s, &f->blocks[i]))) < 0)
			return NULL;
	return take_ptr(a);
}

int survey_devices(const struct survey *s, survey_emit emit, void *userdata)
{
	int r = 0;

	for (size_t i = 0; r >= 0 && i < s->topology->n_functions; i++) {
		const struct topology_function *f = s->topology->functions[i];

		if (topology_is_client(f))
			r = emit(describe_device(f, describe_blocks(s, f)), userdata);
	}
	return r;
}

/* What is asked of one host bridge is what is asked of the way between two functions below it. */
static int examine_host_bridge(const struct survey *s, const struct topology_root *root,
			       struct path *path, struct path_findings *ret)
{
	struct topology_function a = { .root = (struct topology_root *)root,
				       .acs.state = TOPOLOGY_ACS_ABSENT };
	struct topology_function b = a;
	int r = path_find(s->topology, &a, &b, path);

	if (r == 0)
		path_examine(path, &s->topology->cpu, ret);
	return r;
}

static const char *words_for_bridge(const struct path_findings *f)
{
	if (f->listed[0] == PATH_YES)
		return "it is on the kernel's list";
	if (f->cpu == PATH_YES)
		return "the kernel trusts those of this processor";
	if (f->bridged == PATH_UNKNOWN)
		return "not all that decides it could be read";
	if (f->bridges[0] && f->bridges[0]->vendor == 0)
		return "the kernel cannot tell which one it is";
	return "it is not on the kernel's list";
}

int survey_host_bridges(const struct survey *s, survey_emit emit, void *userdata)
{
	int r = 0;

	for (size_t i = 0; r >= 0 && i < s->topology->n_roots; i++) {
		const struct topology_root *root = s->topology->roots[i];
		_cleanup_(path_done) struct path path = {};
		struct path_findings f = {};

		r = examine_host_bridge(s, root, &path, &f);
		if (r >= 0)
			r = emit(describe_host_bridge(s->topology, root, f.bridged,
						      words_for_bridge(&f)),
				 userdata);
	}
	return r;
}

int survey_functions(const struct survey *s, survey_emit emit, void *userdata)
{
	int r = 0;

	for (size_t i = 0; r >= 0 && i < s->topology->n_functions; i++) {
		const struct topology_function *f = s->topology->functions[i];

		r = emit(describe_function(f, survey_region(s, f)), userdata);
	}
	return r;
}
