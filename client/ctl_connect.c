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
	return machine_look("", u.release, ret);
}

int kernel_problem(const struct machine *m)
{
	problem("this kernel (%s) is built without PCI_P2PDMA", m->release);
	remedy("%s", kernel_remedy(""));
	return STATUS_NO_KERNEL_SUPPORT;
}

int module_problem(const struct machine *m)
{
	problem("the kernel module p2pmem is not loaded");
	if (m->module_file)
		remedy("as root: modprobe p2pmem (it is installed: %s)", m->module_file);
	else
		remedy("install it for this kernel (%s): make driver, or the package with it",
		       m->release);
	return STATUS_NO_DRIVER;
}

int daemon_problem(const char *reason, int error)
{
	problem("the daemon is not reachable: %s", reason);
	if (error == -EACCES || error == -EPERM)
		remedy("see the permissions of the socket and of the directories above it");
	else if (error == -ETIMEDOUT)
		remedy("see what it is doing: journalctl -u p2pmemd");
	else
		remedy("as root: systemctl enable --now p2pmemd.socket");
	return error == -EACCES || error == -EPERM ? STATUS_NOT_PERMITTED : STATUS_NO_DAEMON;
}

/* The first thing that is missing, from the bottom up. */
static int diagnose(const char *reason, int error)
{
	_cleanup_(machine_clear) struct machine m = {};

	if (machine_look_here(&m) < 0)
		return no_memory();
	if (m.kernel == KERNEL_WITHOUT_P2PDMA)
		return kernel_problem(&m);
	return daemon_problem(reason, error);
}

int ctl_try_connect(struct p2pmem_client *client)
{
	struct p2pmem_connect_options options = {
		.struct_size = sizeof(options),
		.socket_path = ctl_socket_path(),
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
		return diagnose(p2pmem_errmsg(client), r);
	*ret = take_ptr(client);
	return STATUS_OK;
}
