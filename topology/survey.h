/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What there is to be told of a machine, object by object: its regions,
 * devices, pairs, host bridges and functions, and why a device reaches a region
 * or not. It knows the model and the tree; what the running driver says is
 * asked of whoever makes the survey.
 */
#pragma once

#include <json-c/json.h>

#include "topology/describe.h"
#include "topology/sysfs.h"

/* The driver's word. Without a driver the model is all there is. */
struct survey_driver {
	/* A pair, by the driver. -ENOMEM and the like. */
	int (*judge)(void *data, const struct topology_function *provider,
		     const struct topology_function *client, struct judgement *ret);
	/* Does the queue of a block device take P2P pages? 1, 0, or -1: cannot say. */
	int (*takes_p2p)(unsigned int major, unsigned int minor, void *data);
};

struct survey {
	const struct topology *topology;
	const struct sysfs *sysfs;
	const struct p2pmem_region_info *regions; /* that the driver has */
	size_t n_regions;
	bool buffers_known; /* what @regions says of buffers can be relied on, or there are none */
	const char *release; /* of the kernel, as uname says it; NULL: not known */
	const struct survey_driver *driver; /* NULL: cannot be asked */
	void *data; /* for the functions of @driver */
};

/* Takes @o over. What it returns ends the survey if it is negative. */
typedef int (*survey_emit)(struct json_object *o, void *userdata);

int survey_regions(const struct survey *s, survey_emit emit, void *userdata);
int survey_devices(const struct survey *s, survey_emit emit, void *userdata);
/* @provider: of that region alone; NULL: all. */
int survey_pairs(const struct survey *s, const struct topology_function *provider, survey_emit emit,
		 void *userdata);

/* How far a list of pairs has been told: zeros at first, then up to this pair. */
struct survey_mark {
	bool begun;
	struct p2pmem_pci_address provider;
	struct p2pmem_pci_address client;
};

#define SURVEY_MORE 1

/*
 * At most @max pairs more, by address. The topology may have changed since.
 * SURVEY_MORE: that was not all.
 */
int survey_some_pairs(const struct survey *s, const struct topology_function *provider,
		      struct survey_mark *mark, size_t max, survey_emit emit, void *userdata);

int survey_host_bridges(const struct survey *s, survey_emit emit, void *userdata);
int survey_functions(const struct survey *s, survey_emit emit, void *userdata);

/* NULL: the driver has none of that function. */
const struct p2pmem_region_info *survey_region(const struct survey *s,
					       const struct topology_function *provider);

/*
 * The provider of a region, by its name, or by the provider's PCI address or
 * serial. NULL: there is none, or more than one has that serial.
 */
const struct topology_function *survey_find_region(const struct survey *s, const char *name);

int survey_judge(const struct survey *s, const struct topology_function *provider,
		 const struct topology_function *client, struct judgement *ret);

#define SURVEY_NO_DEVICE 1

/* The object Explanation. */
int survey_explain_function(const struct survey *s, const struct topology_function *provider,
			    const struct p2pmem_pci_address *device, struct json_object **ret);
int survey_explain_block(const struct survey *s, const struct topology_function *provider,
			 unsigned int major, unsigned int minor, struct json_object **ret);
