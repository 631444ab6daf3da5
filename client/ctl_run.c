/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * run: a lease for a program that knows nothing of it. p2pmemctl holds the
 * buffer, whose path leads through it, and so does the program; when the
 * program has ended, the lease is revoked, whoever else has got hold of it.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "client/ctl.h"
#include "client/ctl_connect.h"
#include "client/ctl_lookup.h"
#include "client/ctl_run.h"

#define SIZE_DEFAULT (UINT64_C(1) << 20)

/* Below are those that scripts use for their own files. */
#define FD_MIN 10

#define PATH_MAX_OF_FD 64

static void buffer_freep(struct p2pmem_buffer **buffer)
{
	p2pmem_buffer_free(*buffer);
}

/* In the broker's words, as it knows no paths and no names of ours. */
static int resolve(const struct run_options *o, const struct lookup *l, const char **ret,
		   char (*texts)[PLACE_MAX])
{
	for (size_t i = 0; i < o->n_devices; i++) {
		struct place p;
		int status = lookup_device(l, o->devices[i], &p);

		if (status != STATUS_OK)
			return status;
		ret[i] = place_format(&p, texts[i]);
	}
	return STATUS_OK;
}

static int allocate(const struct run_options *o, struct p2pmem_client *client,
		    const struct lookup *l, struct p2pmem_buffer **ret)
{
	_cleanup_free_ char(*texts)[PLACE_MAX] = calloc(o->n_devices, sizeof(*texts));
	_cleanup_free_ const char **devices = calloc(o->n_devices, sizeof(*devices));
	struct p2pmem_allocate_options options = {
		.struct_size = sizeof(options),
		.size = o->size,
		.devices = devices,
		.n_devices = o->n_devices,
		.name = o->name,
		.min_verdict = o->min_verdict,
	};
	const struct p2pmem_region *region;
	int r = texts && devices ? resolve(o, l, devices, texts) : no_memory();

	if (r == STATUS_OK && o->region) {
		r = lookup_region(l, o->region, &region);
		options.region = r == STATUS_OK ? region->provider : NULL;
	}
	if (r != STATUS_OK)
		return r;
	r = p2pmem_allocate(client, &options, ret);
	return r < 0 ? ctl_failure(client, r) : STATUS_OK;
}

static int borrow(const struct run_options *o, struct p2pmem_buffer **ret)
{
	_cleanup_(client_freep) struct p2pmem_client *client = NULL;
	_cleanup_(lookup_clear) struct lookup l = {};
	int status = ctl_connect(&client);

	if (status == STATUS_OK)
		status = lookup_fill(client, &l);
	return status == STATUS_OK ? allocate(o, client, &l, ret) : status;
}

static int set_number(const char *name, uint64_t n)
{
	char text[24];

	snprintf(text, sizeof(text), "%" PRIu64, n);
	return setenv(name, text, 1);
}

static int set_environment(const struct p2pmem_lease *l, int fd, const char *path)
{
	if (setenv("P2PMEM_PATH", path, 1) < 0 || set_number("P2PMEM_FD", fd) < 0 ||
	    set_number("P2PMEM_SIZE", l->size) < 0 || setenv("P2PMEM_REGION", l->region, 1) < 0 ||
	    setenv("P2PMEM_LEASE", l->id, 1) < 0)
		return no_memory();
	return STATUS_OK;
}

/*
 * Gone already is as good. A daemon that runs again by now knows the lease
 * still, so that a connection is made only here.
 */
static void end_lease(const char *id)
{
	_cleanup_(client_freep) struct p2pmem_client *client = NULL;
	struct p2pmem_revoke_options options = { .struct_size = sizeof(options), .lease = id };
	uint64_t count;
	int r = p2pmem_client_new(&client);

	if (r >= 0)
		r = ctl_try_connect(client);
	if (r >= 0)
		r = p2pmem_revoke_leases(client, &options, &count);
	if (r >= 0 || r == -ENOENT)
		return;
	note("lease %s could not be ended: %s", id, client ? p2pmem_errmsg(client) : strerror(-r));
	detail("what the program started and left behind can use it until that ends");
}

/* Through us, as the program's children may have closed what they inherited. */
static void path_of(int fd, char path[static PATH_MAX_OF_FD])
{
	snprintf(path, PATH_MAX_OF_FD, "/proc/%d/fd/%d", (int)getpid(), fd);
}

static int run_with(const struct run_options *o, const struct p2pmem_lease *l, int fd)
{
	_cleanup_(run_argv_free) char **argv = NULL;
	char path[PATH_MAX_OF_FD];
	int status;

	path_of(fd, path);
	status = set_environment(l, fd, path);
	if (status != STATUS_OK)
		return status;
	if (run_argv(o->program, o->replace, path, &argv) < 0)
		return no_memory();
	return program_run(&(struct program){ .argv = argv, .fd = fd });
}

static int run_run(int argc, char **argv)
{
	_cleanup_(run_options_clear) struct run_options o = { .name = "p2pmemctl run",
							      .replace = "{}",
							      .size = SIZE_DEFAULT };
	_cleanup_(buffer_freep) struct p2pmem_buffer *buffer = NULL;
	_cleanup_close_ int high = -1;
	int fd, status = run_parse(argc, argv, &o);

	if (status >= 0)
		return status;
	status = borrow(&o, &buffer);
	if (status != STATUS_OK)
		return status;
	fd = p2pmem_buffer_fd(buffer);
	high = fcntl(fd, F_DUPFD_CLOEXEC, FD_MIN);
	status = run_with(&o, p2pmem_buffer_lease(buffer), high < 0 ? fd : high);
	end_lease(p2pmem_buffer_lease(buffer)->id);
	return status;
}

const struct verb verb_run = {
	.name = "run",
	.arguments = "PROGRAM [ARG...]",
	.summary = "Runs a program with a lease, which ends with it",
	.help = "Options:\n"
		"  -d, --device DEVICE   what the program does its I/O with: a device or a file;\n"
		"                        may be given several times, and must be at least once\n"
		"  -s, --size N          size of the buffer (default: 1M)\n"
		"  -r, --region REGION   memory of this region only\n"
		"      --require-p2p[=VERDICT]\n"
		"                        'bridge' (default): any peer-to-peer path;\n"
		"                        'bus': a path behind one switch only\n"
		"      --name NAME       what p2pmemctl leases shows (default: p2pmemctl run)\n"
		"  -I, --replace TEXT    stands for the path in arguments (default: {}); if it is\n"
		"                        empty, nothing does\n"
		"  -h, --help            this text\n\n"
		"In the program's arguments {} is a path that maps the buffer; children of the\n"
		"program can use it as well. In its environment are P2PMEM_PATH, that path,\n"
		"P2PMEM_FD, the number of a descriptor that it inherits, P2PMEM_SIZE in bytes,\n"
		"P2PMEM_REGION and P2PMEM_LEASE.\n\n"
		"    p2pmemctl run --size 4M --device /dev/nvme1n1 -- fio --name=t \\\n"
		"        --filename=/dev/nvme1n1 --direct=1 --rw=randread --iomem=mmapshared:{}\n\n"
		"Signals are handed on. The exit status is the program's, 128+N if signal N ended\n"
		"it, 126 or 127 if it could not be run. Whatever the program has started, and left\n"
		"behind when it ends, loses the memory.\n",
	.run = run_run,
};
