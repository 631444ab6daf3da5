/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The library's failures, told to people. */
#include <errno.h>
#include <string.h>

#include "common/cleanup.h"
#include "client/ctl.h"
#include "client/ctl_connect.h"
#include "client/say.h"

static int status_of(int error)
{
	switch (error) {
	case -EACCES:
	case -EPERM:
		return STATUS_NOT_PERMITTED;
	case -EREMOTEIO:
	case -EOPNOTSUPP:
		return STATUS_NO_PATH;
	case -ENOSPC:
	case -EDQUOT:
		return STATUS_NO_ROOM;
	case -ENOSYS:
		return STATUS_NO_DRIVER;
	case -ENODEV:
	case -ENXIO:
	case -ENOENT:
	case -ENOTBLK:
		return STATUS_NO_DEVICE;
	case -ETIMEDOUT:
	case -ECONNRESET:
	case -ENOTCONN:
		return STATUS_NO_DAEMON;
	default:
		return STATUS_FAILURE;
	}
}

char *block_names(const struct p2pmem_device *devices, const char *address)
{
	_cleanup_free_ char *text = strdup("");
	const struct p2pmem_block_device *b = NULL;

	for (; devices && !b; devices = devices->next)
		if (strcmp(devices->address, address) == 0)
			b = devices->block_devices;
	for (; text && b; b = b->next) {
		char *longer;

		if (asprintf(&longer, "%s%s%s", text, *text ? "," : "", b->name) < 0)
			longer = NULL;
		free(text);
		text = longer;
	}
	return take_ptr(text);
}

/* By a connection of its own, as the failed one keeps the refusals; without it, addresses do. */
static struct p2pmem_device *get_devices(void)
{
	_cleanup_(client_freep) struct p2pmem_client *client = NULL;
	struct p2pmem_device *devices = NULL;

	if (p2pmem_client_new(&client) < 0 || ctl_try_connect(client) < 0 ||
	    p2pmem_list_devices(client, &devices) < 0)
		return NULL;
	return devices;
}

static void say_refusal(const struct p2pmem_refusal *refusal, const struct p2pmem_device *devices)
{
	_cleanup_free_ char *blocks = refusal->device ? block_names(devices, refusal->device) :
							NULL;
	const char *verdict = p2pmem_verdict_name(refusal->verdict);

	if (!refusal->device)
		detail("%s (%s): %s: %s", refusal->region, refusal->provider, verdict,
		       refusal->reason);
	else if (!blocks || !*blocks)
		detail("%s (%s) -> %s: %s: %s", refusal->region, refusal->provider, refusal->device,
		       verdict, refusal->reason);
	else
		detail("%s (%s) -> %s (%s): %s: %s", refusal->region, refusal->provider, blocks,
		       refusal->device, verdict, refusal->reason);
}

/* Whether one before it in the list has the same. */
static bool is_said(const struct p2pmem_refusal *first, const struct p2pmem_refusal *refusal)
{
	for (; first != refusal; first = first->next)
		if (first->remedy && strcmp(first->remedy, refusal->remedy) == 0)
			return true;
	return false;
}

static void say_refusals(const struct p2pmem_refusal *first)
{
	_cleanup_list_ struct p2pmem_device *devices = first ? get_devices() : NULL;

	for (const struct p2pmem_refusal *r = first; r; r = r->next)
		say_refusal(r, devices);
	for (const struct p2pmem_refusal *r = first; r; r = r->next)
		if (r->remedy && !is_said(first, r))
			remedy("%s", r->remedy);
}

/* NoCompatibleRegion without a refusal: there is nothing to refuse. */
static bool is_no_hardware(const struct p2pmem_client *client, int error)
{
	return error == -EREMOTEIO && p2pmem_error_name(client) && !p2pmem_error_refusals(client);
}

/* The broker has no driver and no region on such a kernel; the kernel is why. */
static bool is_kernel_to_blame(struct machine *m)
{
	return machine_look_here(m) == 0 && m->kernel == KERNEL_WITHOUT_P2PDMA;
}

int ctl_failure(struct p2pmem_client *client, int error)
{
	_cleanup_(machine_clear) struct machine m = {};

	if (error == -ENOMEM)
		return no_memory();
	if ((error == -ENOSYS || is_no_hardware(client, error)) && is_kernel_to_blame(&m))
		return kernel_problem(&m);
	problem("%s", p2pmem_errmsg(client));
	say_refusals(p2pmem_error_refusals(client));
	if (p2pmem_error_remedy(client))
		remedy("%s", p2pmem_error_remedy(client));
	return is_no_hardware(client, error) ? STATUS_NO_HARDWARE : status_of(error);
}
