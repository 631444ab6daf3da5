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

static uint64_t submitted(const struct copy_result *r)
{
	return r->bytes_read + r->bytes_written;
}

static uint64_t by_peer(const struct copy_report *r)
{
	return r->memory->lease ? submitted(&r->copied) : 0;
}

static uint64_t by_host(const struct copy_report *r)
{
	return r->memory->lease ? 0 : submitted(&r->copied);
}

static int report_text(const struct copy_report *r)
{
	const struct p2pmem_lease *l = r->memory->lease;
	char size[SIZE_TEXT_MAX], peer[SIZE_TEXT_MAX], host[SIZE_TEXT_MAX], again[SIZE_TEXT_MAX];
	_cleanup_free_ char *where = NULL, *verified = NULL;

	if (asprintf(&where, l ? " (region %s, %s, verdict %s)" : "", l ? l->region : "",
		     l ? l->provider : "", l ? p2pmem_verdict_name(l->verdict) : "") < 0 ||
	    asprintf(&verified,
		     r->options->verify ? "; verified: %s read back through host memory, equal" :
					  "",
		     size_exact(submitted(&r->compared), again)) < 0)
		return no_memory();
	say(stdout, "copied %s: %s submitted peer-to-peer%s, %s through host memory%s",
	    size_exact(r->size, size), size_exact(by_peer(r), peer), where,
	    size_exact(by_host(r), host), verified);
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
	    json_add_int(o, "blockSize", r->memory->size) < 0 ||
	    json_add_int(o, "peerToPeerBytes", by_peer(r)) < 0 ||
	    json_add_int(o, "hostMemoryBytes", by_host(r)) < 0 ||
	    add_lease(o, r->memory->lease) < 0 ||
	    json_add_bool(o, "verified", r->options->verify) < 0 ||
	    json_add_int(o, "verifyBytes", submitted(&r->compared)) < 0 ||
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

static const char *side_of(const struct copy_report *r, enum copy_operation operation)
{
	return operation == COPY_READ_SRC ? r->options->src : r->options->dst;
}

static const char *verb_of(enum copy_operation operation)
{
	static const char *const words[] = {
		[COPY_READ_SRC] = "reading",
		[COPY_READ_DST] = "reading",
		[COPY_WRITE] = "writing",
		[COPY_SYNC] = "flushing",
	};

	return words[operation];
}

static void say_how_far(const struct copy_report *r)
{
	char size[SIZE_TEXT_MAX];

	if (r->copied.bytes_written == 0)
		detail("nothing was written to %s", r->options->dst);
	else
		detail("%s holds the first %s (%" PRIu64 " of %" PRIu64 " bytes)", r->options->dst,
		       size_exact(r->copied.done, size), r->copied.done, r->size);
}

/* The kernel refuses a pair, or a layer, only when it sees the first transfer. */
static int refused_by_kernel(const struct copy_report *r, const char *side, int error)
{
	if (error == -EREMOTEIO) {
		problem("%s does not take peer-to-peer memory: a layer below it refused (%s)", side,
			strerror(-error));
		remedy("use the drive itself, or --host-memory");
	} else {
		problem("the kernel refused the transfer between %s and %s (%s)",
			r->memory->lease->provider, side, strerror(-error));
		remedy("the kernel log has its reason; --host-memory copies through host memory");
	}
	return STATUS_NO_PATH;
}

static int failed_transfer(const struct copy_report *r, const struct copy_result *res,
			   bool compared, int error)
{
	const char *side = side_of(r, res->failed);

	if (r->memory->lease && !compared && (error == -EREMOTEIO || error == -EINVAL))
		return refused_by_kernel(r, side, error);
	if (r->memory->lease && !compared && error == -EFAULT) {
		problem("the lent buffer was revoked at byte %" PRIu64, res->offset);
		remedy("run it again, or ask whoever administers the broker");
		return STATUS_IO;
	}
	if (error == -ENODATA) {
		problem("%s ended at byte %" PRIu64 ": it has become shorter meanwhile", side,
			res->offset);
		return STATUS_IO;
	}
	problem("%s %s failed at byte %" PRIu64 ": %s", verb_of(res->failed), side, res->offset,
		strerror(-error));
	if (error == -ENOSPC) {
		remedy("make room there");
		return STATUS_TOO_SMALL;
	}
	remedy("see the kernel log (journalctl -k) for what the device reported");
	return STATUS_IO;
}

static int stopped(const struct copy_report *r, bool compared)
{
	char size[SIZE_TEXT_MAX];

	if (compared)
		problem("interrupted while comparing; the copy to %s is complete, %s compared equal",
			r->options->dst, size_exact(r->compared.done, size));
	else
		problem("interrupted; what was written is on stable storage");
	if (!compared)
		say_how_far(r);
	return copy_stopped_status();
}

int copy_report_failure(const struct copy_report *r, bool compared, int error)
{
	int status;

	if (copy_stop && error == -EINTR)
		return stopped(r, compared);
	status = failed_transfer(r, compared ? &r->compared : &r->copied, compared, error);
	if (!compared)
		say_how_far(r);
	return status;
}

int copy_report_difference(const struct copy_report *r)
{
	problem("verification failed: %s and %s differ first at byte %" PRIu64, r->options->src,
		r->options->dst, r->compared.offset);
	if (r->memory->lease)
		remedy("do not trust peer-to-peer transfers between these devices: an IOMMU or switch may misroute them; --host-memory avoids them");
	else
		remedy("see whether something else writes to either, and the kernel log");
	return STATUS_DIFFERENT;
}
