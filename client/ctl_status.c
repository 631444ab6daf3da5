/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * p2pmemctl without a verb: what there is, and the first thing that is missing
 * by the checks of doctor.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "common/cleanup.h"
#include "client/ctl.h"
#include "client/ctl_doctor.h"
#include "client/ctl_tables.h"
#include "client/say.h"

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
	if (machine_module_differs(m))
		say(stdout,
		    "Driver:  p2pmem %s, loaded; %s is installed: drain and reload, or reboot",
		    m->module_version, m->installed.version);
	else if (m->module_loaded)
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
		say(stdout, "Daemon:  %s %s, answers at %s%s", w->broker->product,
		    w->broker->version, ctl_socket_path(),
		    strcmp(w->broker->version, P2PMEM_VERSION) == 0 ?
			    "" :
			    "; this tool is " P2PMEM_VERSION);
}

static void print_drives(const struct world *w)
{
	char text[80];

	say(stdout, "Drives:  %s%s", machine_describe_drives(&w->machine, text, sizeof(text)),
	    world_is_without_hardware(w) ? "; nothing to do" : "");
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

/* What to do next, and the exit status. */
static int conclude(const struct world *w)
{
	_cleanup_(doctor_done) struct doctor d = {};

	fflush(stdout);
	if (doctor_here(w, &d) < 0)
		return no_memory();
	return doctor_say_failure(&d);
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

	if (world_look(false, &w) < 0)
		return no_memory();
	return summarise(&w);
}
