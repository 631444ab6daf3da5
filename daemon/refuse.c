/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/json.h"
#include "common/pci.h"
#include "common/varlink.h"
#include "topology/describe.h"
#include "daemon/diagnosis.h"
#include "daemon/refuse.h"

int refuse_driver(const struct broker *b, int error, struct answer *ret)
{
	_cleanup_(reason_done) struct reason why = {};

	if (error == -ENOMEM || diagnose_driver(&b->sysfs, error, &why) < 0)
		return -ENOMEM;
	return answer_error_strings(ret, BROKER_INTERFACE ".DriverUnavailable", "reason", why.why,
				    "remedy", why.remedy);
}

static void remedy_for_state(const char *directory, int error, char *text, size_t size)
{
	if (error == -ENOSPC || error == -EDQUOT)
		snprintf(
			text, size,
			"Make room in the file system of %s (df %s): without a record of it, memory "
			"is lent to nobody.",
			directory, directory);
	else
		snprintf(text, size,
			 "See that the user of p2pmemd may write to %s, and restart it.",
			 directory);
}

int refuse_state(const struct broker *b, int error, struct answer *ret)
{
	_cleanup_json_ struct json_object *p = json_object_new_object();
	const char *directory = state_path(b->state);
	char remedy[1024];

	if (error == -ENOMEM)
		return error;
	remedy_for_state(directory, error, remedy, sizeof(remedy));
	if (!p || json_add_string(p, "directory", directory) < 0 ||
	    json_add_string(p, "reason", strerror(-error)) < 0 ||
	    json_add_string(p, "remedy", remedy) < 0)
		return -ENOMEM;
	return answer_error(ret, BROKER_INTERFACE ".StateUnavailable", take_ptr(p));
}

int refuse_stranger(struct answer *ret)
{
	return answer_error_strings(ret, BROKER_INTERFACE ".NotPermitted", "reason",
				    "only administrators may do that", "remedy",
				    "Call it as root, or have a policy rule grant \"administer\".");
}

int refuse_region(const char *name, struct answer *ret)
{
	return answer_error_strings(ret, BROKER_INTERFACE ".NoSuchRegion", "region", name, NULL,
				    NULL);
}

static bool is_called(const struct p2pmem_region_info *region, const char *name)
{
	struct p2pmem_pci_address address;
	char own[REGION_NAME_MAX];

	if (strcmp(region_name(region, NULL, own), name) == 0)
		return true;
	return pci_address_parse(name, &address) == 0 &&
	       pci_address_equal(&address, &region->provider);
}

int find_region(struct broker *b, const char *name, struct p2pmem_pci_address *ret_provider,
		struct answer *ret)
{
	_cleanup_free_ struct p2pmem_region_info *regions = NULL;
	size_t n = 0;
	int r = b->driver->ops->list_regions(b->driver->data, &regions, &n);

	if (r < 0)
		return refuse_driver(b, r, ret);
	for (size_t i = 0; i < n; i++)
		if (is_called(&regions[i], name)) {
			*ret_provider = regions[i].provider;
			return 0;
		}
	return refuse_region(name, ret);
}
