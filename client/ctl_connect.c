/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Reaching the broker, and what to say if that fails. A broker that does not
 * answer is often not the trouble itself, so the machine is looked at first.
 */
#include <errno.h>
#include <string.h>
#include <sys/utsname.h>

#include "common/cleanup.h"
#include "client/ctl.h"
#include "client/ctl_connect.h"
#include "client/doctor.h"
#include "client/say.h"

void client_freep(struct p2pmem_client **client)
{
	p2pmem_client_free(*client);
}

void list_freep(void *list)
{
	p2pmem_list_free(*(void **)list);
}

const char *ctl_socket_path(void)
{
	const char *path = getenv("P2PMEM_SOCKET");

	return path && *path ? path : P2PMEM_SOCKET_PATH;
}

int machine_look_here(struct machine *ret)
{
	struct utsname u;

	if (uname(&u) < 0)
		return -errno;
	return machine_look("", "/sys", u.release, ret);
}

int kernel_problem(const struct machine *m)
{
	struct world w = { .machine = *m };
	_cleanup_(doctor_done) struct doctor d = { .root = "", .sysfs = "/sys", .world = &w };

	doctor_kernel(&d);
	return d.failed ? no_memory() : doctor_say_failure(&d);
}

/* The first thing that is missing, from the bottom up. */
static int diagnose(struct p2pmem_client *client, int error)
{
	struct world w = { .client = client, .connect_error = error };
	_cleanup_(doctor_done) struct doctor d = {
		.root = "", .sysfs = "/sys", .world = &w, .socket = ctl_socket_path()
	};
	_cleanup_(machine_clear) struct machine m = {};

	if (machine_look_here(&m) < 0)
		return no_memory();
	w.machine = m;
	doctor_kernel(&d);
	doctor_daemon(&d);
	return d.failed ? no_memory() : doctor_say_failure(&d);
}

int ctl_try_connect(struct p2pmem_client *client)
{
	struct p2pmem_connect_options options = {
		.struct_size = sizeof(options),
		.socket_path = ctl_socket_path(),
		/* Whoever takes a signal wants an end. */
		.interruptible = 1,
	};

	return p2pmem_client_connect(client, &options);
}

int ctl_connect(struct p2pmem_client **ret)
{
	_cleanup_(client_freep) struct p2pmem_client *client = NULL;
	int r = p2pmem_client_new(&client);

	if (r < 0)
		return no_memory();
	r = ctl_try_connect(client);
	if (r < 0)
		return diagnose(client, r);
	*ret = take_ptr(client);
	return STATUS_OK;
}
