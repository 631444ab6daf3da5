/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdio.h>

#include "common/array.h"
#include "common/cleanup.h"
#include "common/json.h"
#include "common/pci.h"
#include "common/varlink.h"
#include "daemon/allocate.h"
#include "daemon/view_block.h"

static int refuse_device(struct allocation *a, const char *device)
{
	return allocation_stop(answer_error_strings(a->answer, BROKER_INTERFACE ".NoSuchDevice",
						    "device", device, NULL, NULL));
}

static int refuse_layer(struct allocation *a, const char *device, const struct layer *l)
{
	_cleanup_json_ struct json_object *p = json_object_new_object();
	_cleanup_free_ char *why = NULL;
	const char *remedy;

	if (!p || layer_reason(l, &why, &remedy) < 0 || json_add_string(p, "device", device) < 0 ||
	    json_add_string(p, "layer", layer_kind_name(l->kind)) < 0 ||
	    json_add_string(p, "name", l->name) < 0 || json_add_string(p, "reason", why) < 0 ||
	    json_add_string(p, "remedy", remedy) < 0)
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
	if (a->n_devices == LEASE_DEVICES_MAX)
		return allocation_stop(answer_invalid(a->answer, "devices"));
	return array_push(a->devices, a->n_devices, *address);
}

static int resolve_block(struct allocation *a, const struct device_reference *d)
{
	const struct block_target *target;
	const struct layer *refusal;
	char number[32];
	int r = view_resolve_block(&a->view, d->major, d->minor, &target);

	if (r == -ENODEV) {
		snprintf(number, sizeof(number), "%u:%u", d->major, d->minor);
		return refuse_device(a, number);
	}
	if (r < 0)
		return r;
	refusal = block_refusal(target);
	if (refusal)
		return refuse_layer(a, target->layers[0].name, refusal);
	for (size_t i = 0; r == 0 && i < target->n_functions; i++)
		r = add_device(a, &target->functions[i]);
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
