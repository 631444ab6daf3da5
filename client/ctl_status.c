/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * p2pmemctl without a verb: what there is and what is missing. A machine
 * without such hardware is in order, whatever else it lacks.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "common/cleanup.h"
#include "client/ctl.h"
#include "client/ctl_connect.h"
#include "client/ctl_tables.h"
#include "client/say.h"

struct world {
	struct machine machine;
	struct p2pmem_client *client;
	int connect_error; /* 0: there is a daemon */
	int ask_error; /* 0: it has answered */
	struct p2pmem_broker_info *broker;
	struct p2pmem_region *regions;
	struct p2pmem_device *devices;
	struct p2pmem_lease *leases;
};

static void world_clear(struct world *w)
{
	p2pmem_list_free(w->broker);
	p2pmem_list_free(w->regions);
	p2pmem_list_free(w->devices);
	p2pmem_list_free(w->leases);
	p2pmem_client_free(w->client);
	machine_clear(&w->machine);
}

static int ask(struct world *w)
{
	int r = p2pmem_get_broker_info(w->client, &w->broker);

	if (r >= 0)
		r = p2pmem_list_regions(w->client, &w->regions);
	if (r >= 0)
		r = p2pmem_list_devices(w->client, &w->devices);
	if (r >= 0)
		r = p2pmem_list_leases(w->client, &w->leases);
	return r;
}

static void print_kernel(const struct machine *m)
{
	static const char *const words[] = {
		[KERNEL_UNKNOWN] = "cannot be told whether it has PCI_P2PDMA",
		[KERNEL_WITHOUT_P2PDMA] = "built without PCI_P2PDMA",
		[KERNEL_WITH_P2PDMA] = "has PCI_P2PDMA",
	};

	say(stdout, "Kernel:  %s, %s", m->release, words[m->kernel]);
}

static void print_driver(const struct machine *m)
{
	if (m->module_loaded)
		say(stdout, "Driver:  p2pmem %s, loaded",
		    m->module_version ? m->module_version : "");
	else
		say(stdout, "Driver:  not loaded, %s",
		    m->module_file ? "but installed" : "and not installed for this kernel");
}

static void print_daemon(const struct world *w)
{
	if (w->connect_error || !w->broker)
		say(stdout, "Daemon:  %s", w->connect_error ? "not reachable" : "does not answer");
	else
		say(stdout, "Daemon:  %s %s, answers at %s", w->broker->product, w->broker->version,
		    ctl_socket_path());
}

/* Nothing that could be a region, and none seen by the daemon either. */
static bool is_without_hardware(const struct world *w)
{
	return !w->regions && !machine_may_have_memory(&w->machine);
}

static void print_drives(const struct world *w)
{
	char text[80];

	say(stdout, "Drives:  %s%s", machine_describe_drives(&w->machine, text, sizeof(text)),
	    is_without_hardware(w) ? "; nothing to do" : "");
}

static void print_counts(const struct world *w)
{
	size_t functions = 0, blocks = 0, leases = 0;

	for (const struct p2pmem_device *d = w->devices; d; d = d->next) {
		functions++;
		for (const struct p2pmem_block_device *b = d->block_devices; b; b = b->next)
			blocks++;
	}
	for (const struct p2pmem_lease *l = w->leases; l; l = l->next)
		leases++;
	say(stdout, "Devices: %zu that could use a region, with %zu block device%s", functions,
	    blocks, blocks == 1 ? "" : "s");
	say(stdout, "Leases:  %zu", leases);
}

static int print_lists(const struct world *w)
{
	int status;

	if (!w->regions)
		return STATUS_OK;
	putchar('\n');
	status = print_regions(w->regions);
	if (status != STATUS_OK || !w->leases)
		return status;
	putchar('\n');
	return print_leases(w->leases);
}

/* Without the driver the daemon has no name for a region but its address. */
static bool is_driver_unused(const struct world *w)
{
	for (const struct p2pmem_region *r = w->regions; r; r = r->next)
		if (strcmp(r->name, r->provider) == 0)
			return true;
	return false;
}

static int driver_problem(const struct machine *m)
{
	if (!m->module_loaded)
		return module_problem(m);
	problem("the driver is loaded, but the daemon does not get its regions from it");
	remedy("p2pmemctl pairs says why; see also journalctl -u p2pmemd");
	return STATUS_NO_DRIVER;
}

/* What to do next, and the exit status. */
static int conclude(const struct world *w)
{
	const struct machine *m = &w->machine;

	fflush(stdout);
	if (is_driver_unused(w))
		return driver_problem(m);
	if (is_without_hardware(w) || w->regions)
		return STATUS_OK;
	if (m->kernel == KERNEL_WITHOUT_P2PDMA)
		return kernel_problem(m);
	if (!m->module_loaded)
		return module_problem(m);
	if (w->connect_error)
		return daemon_problem(p2pmem_errmsg(w->client), w->connect_error);
	if (w->ask_error)
		return ctl_failure(w->client, w->ask_error);
	problem("there is a CMB, but the kernel offers none of it as peer-to-peer memory");
	remedy("see the kernel log for its reason; a CMB that is too small is passed over");
	return STATUS_NO_HARDWARE;
}

static int summarise(const struct world *w)
{
	int status;

	print_kernel(&w->machine);
	print_driver(&w->machine);
	print_daemon(w);
	print_drives(w);
	if (!w->connect_error && !w->ask_error)
		print_counts(w);
	status = print_lists(w);
	return status != STATUS_OK ? status : conclude(w);
}

int run_status(int argc, char **argv)
{
	_cleanup_(world_clear) struct world w = {};

	if (p2pmem_client_new(&w.client) < 0)
		return no_memory();
	w.connect_error = ctl_try_connect(w.client);
	if (!w.connect_error)
		w.ask_error = ask(&w);
	/* Last, as asking may start the daemon, and that load the driver. */
	if (machine_look_here(&w.machine) < 0)
		return no_memory();
	return summarise(&w);
}
