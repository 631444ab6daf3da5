/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How a copy ended, for people and for programs. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <json-c/json.h>

#include "common/cleanup.h"
#include "common/json.h"
#include "common/utf8.h"
#include "client/ctl.h"
#include "client/ctl_copy.h"
#include "client/say.h"
#include "client/size.h"

uint64_t copy_written(const struct copy_memory *m)
{
	const struct p2pmem_io_counters *c = m->io ? p2pmem_io_get_counters(m->io) : NULL;

	return c ? c->peer_to_peer_written + c->host_memory_written : 0;
}

static uint64_t by_peer(const struct copy_report *r)
{
	const struct p2pmem_io_counters *c = p2pmem_io_get_counters(r->memory->io);

	return c->peer_to_peer_read + c->peer_to_peer_written;
}

static uint64_t by_host(const struct copy_report *r)
{
	const struct p2pmem_io_counters *c = p2pmem_io_get_counters(r->memory->io);

	return c->host_memory_read + c->host_memory_written;
}

/* " (region p2pmem0, 0000:03:00.0, verdict bus)", or "". */
static char *where_text(const struct p2pmem_lease *l)
{
	char *text;

	if (!l)
		return strdup("");
	if (asprintf(&text, " (region %s, %s, verdict %s)", l->region, l->provider,
		     p2pmem_verdict_name(l->verdict)) < 0)
		return NULL;
	return text;
}

static char *verified_text(const struct copy_report *r)
{
	char size[SIZE_TEXT_MAX], *text;

	if (!r->options->verify)
		return strdup("");
	if (asprintf(&text, "; verified: %s read back through host memory, equal",
		     size_exact(r->read_back, size)) < 0)
		return NULL;
	return text;
}

static uint64_t rate(const struct copy_report *r)
{
	return r->cost.seconds > 0 ? (uint64_t)((double)r->size / r->cost.seconds) : 0;
}

static int report_text(const struct copy_report *r)
{
	char size[SIZE_TEXT_MAX], peer[SIZE_TEXT_MAX], host[SIZE_TEXT_MAX], speed[SIZE_TEXT_MAX];
	_cleanup_free_ char *where = where_text(r->memory->lease), *verified = verified_text(r);

	if (!where || !verified)
		return no_memory();
	say(stdout,
	    "copied %s: %s submitted peer-to-peer%s, %s through host memory%s; %.2f s (%s/s), %.2f s of CPU",
	    size_exact(r->size, size), size_exact(by_peer(r), peer), where,
	    size_exact(by_host(r), host), verified, r->cost.seconds, size_short(rate(r), speed),
	    r->cost.cpu_seconds);
	return STATUS_OK;
}

static int add_clean(struct json_object *o, const char *name, const char *value)
{
	_cleanup_free_ char *clean = utf8_clean(value);

	return clean ? json_add_string(o, name, clean) : -ENOMEM;
}

static int add_lease(struct json_object *o, const struct p2pmem_lease *l)
{
	if (!l)
		return 0;
	if (json_add_string(o, "region", l->region) < 0 ||
	    json_add_string(o, "provider", l->provider) < 0 ||
	    json_add_string(o, "verdict", p2pmem_verdict_name(l->verdict)) < 0)
		return -ENOMEM;
	return 0;
}

static int report_json(const struct copy_report *r)
{
	_cleanup_json_ struct json_object *root = ctl_json_new(), *o = json_object_new_object();

	if (!root || !o || add_clean(o, "source", r->options->src) < 0 ||
	    add_clean(o, "destination", r->options->dst) < 0 ||
	    json_add_int(o, "size", r->size) < 0 ||
	    json_add_int(o, "blockSize", r->block_size) < 0 ||
	    json_add_int(o, "bufferSize", r->memory->size) < 0 ||
	    json_add_int(o, "queueDepth", r->options->queue_depth) < 0 ||
	    json_add_string(o, "engine",
			    p2pmem_io_engine_name(p2pmem_io_get_engine(r->memory->io))) < 0 ||
	    json_add_int(o, "peerToPeerBytes", by_peer(r)) < 0 ||
	    json_add_int(o, "hostMemoryBytes", by_host(r)) < 0 ||
	    add_lease(o, r->memory->lease) < 0 ||
	    json_add_bool(o, "verified", r->options->verify) < 0 ||
	    json_add_int(o, "verifyBytes", r->read_back) < 0 ||
	    json_add(o, "seconds", json_object_new_double(r->cost.seconds)) < 0 ||
	    json_add(o, "cpuSeconds", json_object_new_double(r->cost.cpu_seconds)) < 0 ||
	    json_add(root, "copy", take_ptr(o)) < 0)
		return no_memory();
	return ctl_print_json(root);
}

int copy_report(const struct copy_report *r)
{
	if (r->options->json)
		return report_json(r);
	return r->options->quiet ? STATUS_OK : report_text(r);
}

/* ---- failures ------------------------------------------------------- */

/* What is certain of the destination. */
static void say_how_far(const struct copy_report *r)
{
	const struct p2pmem_io_failure *f = p2pmem_io_last_failure(r->memory->io);
	bool unsure = f && f->operation == P2PMEM_IO_SYNC;
	char size[SIZE_TEXT_MAX];

	if (copy_written(r->memory) == 0)
		detail("nothing was written to %s", r->options->dst);
	else if (unsure && r->done == r->size)
		detail("all was written to %s, but may not be on stable storage", r->options->dst);
	else
		detail("%s holds the first %s (%" PRIu64 " of %" PRIu64 " bytes)%s",
		       r->options->dst, size_exact(r->done, size), r->done, r->size,
		       unsure ? ", which may not be on stable storage" : "");
}

/* The kernel refuses a pair, or a layer, only when it sees the first transfer. */
static int refused_by_kernel(int error)
{
	if (error == -EREMOTEIO)
		remedy("use the drive itself, or --host-memory");
	else
		remedy("the kernel log has its reason; --host-memory copies through host memory");
	return STATUS_NO_PATH;
}

static int remedy_of(int error)
{
	switch (error) {
	case -EFAULT:
		remedy("see p2pmemctl list for what memory there is, and run it again, or ask whoever administers the broker");
		return STATUS_IO;
	case -ENOSPC:
	case -EDQUOT:
		remedy("make room there");
		return STATUS_TOO_SMALL;
	case -ENODATA:
		return STATUS_IO;
	default:
		remedy("see the kernel log (journalctl -k) for what the device reported");
		return STATUS_IO;
	}
}

static int failed(struct p2pmem_io *io, bool peer, int error)
{
	problem("%s", p2pmem_io_errmsg(io));
	if (peer && p2pmem_io_last_failure(io) && (error == -EREMOTEIO || error == -EINVAL))
		return refused_by_kernel(error);
	return remedy_of(error);
}

int copy_report_failure(const struct copy_report *r, int error)
{
	int status;

	if (copy_stop && error == -ECANCELED) {
		problem("interrupted; what was written is on stable storage");
		status = copy_stopped_status();
	} else {
		status = failed(r->memory->io, r->memory->lease, error);
	}
	say_how_far(r);
	return status;
}

int copy_report_unread(const struct copy_report *r, struct p2pmem_io *io, int error)
{
	char size[SIZE_TEXT_MAX];

	if (error == -ENODATA) {
		problem("%s or %s was removed, or has become shorter meanwhile: they cannot be compared",
			r->options->src, r->options->dst);
		return STATUS_IO;
	}
	if (error != -ECANCELED)
		return failed(io, false, error);
	problem("interrupted while comparing; the copy to %s is complete, %s compared equal",
		r->options->dst, size_exact(r->compared, size));
	return copy_stopped_status();
}

int copy_report_difference(const struct copy_report *r, uint64_t difference)
{
	problem("verification failed: %s and %s differ first at byte %" PRIu64, r->options->src,
		r->options->dst, difference);
	if (r->memory->lease)
		remedy("do not trust peer-to-peer transfers between these devices: an IOMMU or switch may misroute them; --host-memory avoids them");
	else
		remedy("see whether something else writes to either, and the kernel log");
	return STATUS_DIFFERENT;
}
