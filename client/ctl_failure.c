/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The library's failures, told to people. */
#include <errno.h>

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

static void say_refusal(const struct p2pmem_refusal *refusal)
{
	say(stderr, "  %s (%s)%s%s: %s: %s", refusal->region, refusal->provider,
	    refusal->device ? " -> " : "", refusal->device ? refusal->device : "",
	    p2pmem_verdict_name(refusal->verdict), refusal->reason);
	if (refusal->remedy)
		remedy("%s", refusal->remedy);
}

/* NoCompatibleRegion without a refusal: there is nothing to refuse. */
static bool is_no_hardware(const struct p2pmem_client *client, int error)
{
	return error == -EREMOTEIO && p2pmem_error_name(client) && !p2pmem_error_refusals(client);
}

int ctl_failure(struct p2pmem_client *client, int error)
{
	const struct p2pmem_refusal *refusal = p2pmem_error_refusals(client);

	if (error == -ENOMEM)
		return no_memory();
	problem("%s", p2pmem_errmsg(client));
	for (; refusal; refusal = refusal->next)
		say_refusal(refusal);
	if (p2pmem_error_remedy(client))
		remedy("%s", p2pmem_error_remedy(client));
	return is_no_hardware(client, error) ? STATUS_NO_HARDWARE : status_of(error);
}
