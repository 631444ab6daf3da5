/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The parameters of Allocate, and of others that name devices or regions, checked. Pure. */
#pragma once

#include "daemon/answer.h"
#include "topology/topology.h"

#define REQUEST_DEVICES_MAX 64

/* Either by the number of a block device, or by PCI address. */
struct device_reference {
	bool by_number;
	unsigned int major;
	unsigned int minor;
	struct p2pmem_pci_address address;
};

/* Strings are those of the parameters, and live as long. */
struct request {
	uint64_t size; /* both rounded up to pages */
	uint64_t min_size;
	struct device_reference devices[REQUEST_DEVICES_MAX];
	size_t n_devices;
	const char *region;
	enum p2pmem_verdict min_verdict;
	const char *name;
};

enum {
	REQUEST_OK = 0,
	REQUEST_REFUSED = 1, /* the answer says why */
};

int request_parse(struct json_object *parameters, struct request *ret, struct answer *ret_answer);

/* Those of Explain. */
struct question {
	const char *region;
	struct device_reference device;
};

int question_parse(struct json_object *parameters, struct question *ret, struct answer *ret_answer);

/* That of ListPairs, NULL if there is none. */
int region_parameter_parse(struct json_object *parameters, const char **ret,
			   struct answer *ret_answer);
