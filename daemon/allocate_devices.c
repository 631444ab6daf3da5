/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdio.h>

#include "common/array.h"
#include "common/cleanup.h"
#include "common/json.h"
#include "common/pci.h"
#include "common/varlink.h"
#include "daemon/allocate.h"
#include "topology/block.h"

static int refuse_device(struct allocation *a, const char *device)
{
	return allocation_stop(answer_error_strings(a->answer, BROKER_INTERFACE ".NoSuchDevice",
						    "device", device, NULL, NULL));
}

static int refuse_layer(struct allocation *a, const char *device, const char *layer)
{
	_cleanup_json_ struct json_object *p = json_object_new_object();
	_cleanup_(reason_done) struct reason why = {};

	if (!p || reason_for_layer(layer, &why) < 0 || json_add_string(p, "device", device) < 0 ||
	    json_add_string(p, "layer", layer) < 0 || json_add_string(p, "reason", why.why) < 0 ||
	    json_add_string(p, "remedy", why.remedy) < 0)
		return -ENOMEM;
	return allocation_stop(
		answer_error(a->answer, BROKER_INTERFACE ".NotPeerToPeer", take_ptr(p)));
}

static int add_device(struct allocation *a, const struct p2pmem_pci_address *address)
{
	char text[PCI_ADDRESS_MAX];

	for (size_t i = 0; i < a->n_devices; i++)
		if (pci_address_equal(&a->devices[i], address))
			return 0;
	if (!topology_find(a->view.topology, address))
		return refuse_device(a, pci_address_format(address, text));
	return array_push(a->devices, a->n_devices, *address);
}

/* Says whether the device's own queue takes P2P pages; what lies below was looked at before. */
static int check_queue(struct allocation *a, const struct device_reference *d, const char *name)
{
	const struct region_driver *driver = a->broker->driver;
	struct p2pmem_query_block q = { .major = d->major, .minor = d->minor };
	int r = driver->ops->query_block(driver->data, &q);

	if (r == -ENODEV)
		return refuse_device(a, name);
	if (r < 0)
		return r;
	return q.flags & P2PMEM_BLOCK_P2P ? 0 : refuse_layer(a, name, "queue");
}

static int resolve_block(struct allocation *a, const struct device_reference *d)
{
	_cleanup_(block_target_done) struct block_target target = {};
	char number[32];
	int r = block_resolve(&a->broker->sysfs, d->major, d->minor, &target);

	if (r == -ENODEV) {
		snprintf(number, sizeof(number), "%u:%u", d->major, d->minor);
		return refuse_device(a, number);
	}
	if (r < 0)
		return r;
	if (r == BLOCK_REFUSED)
		return refuse_layer(a, target.name, target.layer);
	r = check_queue(a, d, target.name);
	for (size_t i = 0; r == 0 && i < target.n_functions; i++)
		r = add_device(a, &target.functions[i]);
	return r;
}

int allocation_resolve_devices(struct allocation *a)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < a->request.n_devices; i++) {
		const struct device_reference *d = &a->request.devices[i];

		r = d->by_number ? resolve_block(a, d) : add_device(a, &d->address);
	}
	return r;
}
