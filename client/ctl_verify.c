/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* verify: whether what goes from a region to a device, or back, arrives. */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "client/ctl.h"
#include "client/ctl_lend.h"
#include "client/ctl_touch.h"
#include "client/ctl_verify.h"

#define BLOCK_DEFAULT (UINT64_C(1) << 20)

static size_t smaller(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static size_t unit_of(const struct scratch *s)
{
	size_t page = sysconf(_SC_PAGESIZE);

	return s->align > page ? s->align : page;
}

/* No more than there is to do, in whole units. */
static uint64_t block_wanted(const struct verify_options *o, const struct scratch *s)
{
	uint64_t unit = unit_of(s), all = (s->length + unit - 1) & ~(unit - 1);
	uint64_t block = smaller(o->block_size, all) & ~(unit - 1);

	return block ?: unit;
}

static void way_clear(struct way *w)
{
	p2pmem_io_free(w->io);
	w->io = NULL;
}

static int way_open(const struct p2pmem_io_options *options, const struct scratch *s,
		    struct way *ret)
{
	struct way w = {};
	int r = p2pmem_io_new(options, &w.io);

	if (r < 0) {
		problem("the memory cannot be used for transfers: %s", strerror(-r));
		return STATUS_FAILURE;
	}
	r = p2pmem_io_attach(w.io, s->fd, s->path, &w.file);
	if (r < 0) {
		r = lend_io_failure(w.io, r);
		way_clear(&w);
		return r;
	}
	w.memory = p2pmem_io_memory(w.io);
	*ret = w;
	return STATUS_OK;
}

static int open_peer(struct verification *v, struct p2pmem_buffer *buffer)
{
	struct p2pmem_io_options options = { .struct_size = sizeof(options), .buffer = buffer };

	return way_open(&options, &v->scratch, &v->peer);
}

static int open_host(struct verification *v, void *memory, size_t size)
{
	struct p2pmem_io_options options = {
		.struct_size = sizeof(options),
		.memory = memory,
		.memory_size = size,
	};

	return way_open(&options, &v->scratch, &v->host);
}

static int with_memory(struct verification *v, struct p2pmem_buffer *buffer)
{
	size_t size = 3 * v->block;
	void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int status;

	if (memory == MAP_FAILED)
		return no_memory();
	status = open_peer(v, buffer);
	if (status == STATUS_OK)
		status = open_host(v, memory, size);
	if (status == STATUS_OK) {
		touch_begin(buffer, v->peer.memory);
		status = verify_run(v);
		touch_end();
	}
	way_clear(&v->peer);
	way_clear(&v->host);
	munmap(memory, size);
	return status;
}

static int with_buffer(const struct verify_options *o, struct verification *v,
		       struct p2pmem_buffer *buffer)
{
	const struct p2pmem_lease *l = p2pmem_buffer_lease(buffer);
	int status;

	if (getrandom(&v->run, sizeof(v->run), 0) != sizeof(v->run)) {
		problem("no random number is to be had: %s", strerror(errno));
		return STATUS_FAILURE;
	}
	v->block = smaller(l->size, block_wanted(o, &v->scratch)) & ~(unit_of(&v->scratch) - 1);
	status = with_memory(v, buffer);
	return status == STATUS_OK ? verify_report(o, l, v) : status;
}

static int with_device(const struct verify_options *o, struct p2pmem_client *client,
		       const struct p2pmem_region *region, const char *path)
{
	_cleanup_(lend_buffer_freep) struct p2pmem_buffer *buffer = NULL;
	struct verification v = {};
	int status = scratch_open(path, &o->scratch, true, &v.scratch);

	if (status == STATUS_OK)
		status = lend_buffer(client, region, v.scratch.fd, block_wanted(o, &v.scratch),
				     unit_of(&v.scratch), "p2pmemctl verify", &buffer);
	if (status == STATUS_OK)
		status = with_buffer(o, &v, buffer);
	scratch_close(&v.scratch);
	return status;
}

static int run_verify(int argc, char **argv)
{
	_cleanup_(client_freep) struct p2pmem_client *client = NULL;
	_cleanup_(lookup_clear) struct lookup l = {};
	_cleanup_free_ char *path = NULL;
	struct verify_options o = { .block_size = BLOCK_DEFAULT };
	const struct p2pmem_region *region;
	int status = verify_parse(argc, argv, &o);

	if (status >= 0)
		return status;
	status = ctl_connect(&client);
	if (status == STATUS_OK)
		status = lookup_fill(client, &l);
	if (status == STATUS_OK)
		status = lend_region(&l, o.region, &region);
	if (status == STATUS_OK)
		status = lend_path(&l, o.device, &path);
	return status == STATUS_OK ? with_device(&o, client, region, path) : status;
}

const struct verb verb_verify = {
	.name = "verify",
	.arguments = "REGION DEVICE",
	.summary = "Checks that data between a region and a device arrives",
	.help = "DEVICE is a block device, or a folder or file on one. Data is written by the CPU\n"
		"and by DMA of the device, from and to the memory of the region and the host's,\n"
		"and compared: a path that the kernel calls good, and that loses or misroutes\n"
		"data, is found.\n\n"
		"Options:\n"
		"      --file FILE      a scratch file there, in a folder or by a name that is not\n"
		"                       taken; it is removed at once\n"
		"      --destroy RANGE  overwrite that range of DEVICE, like 0+16M or 4G+64M\n"
		"      --size N         size of the scratch file, or of what is read (8M)\n"
		"  -b, --block-size N   how much at a time (1M), and then once more in pages\n"
		"  -o, --output FORMAT  'table' (default) or 'json'\n"
		"  -h, --help           this text\n\n"
		"Without --file and --destroy, the scratch file is in the folder, or where a file\n"
		"system of the device is mounted and can be written to. Where none is, nothing is\n"
		"written: what the region gets to read is compared with what the host does.\n\n"
		"Exit status: 0 if all data is right, 13 if some is wrong.\n",
	.run = run_verify,
};
