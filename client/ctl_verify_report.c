/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What verify found, for people and for programs. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <json-c/json.h>

#include "common/cleanup.h"
#include "common/json.h"
#include "common/utf8.h"
#include "client/ctl_verify.h"
#include "client/size.h"

static bool is_right(const struct verification *v)
{
	return v->reads.wrong == 0 && v->writes.wrong == 0;
}

static void say_wrong(const struct pattern_result *r, const char *before, const char *from,
		      const char *between, const char *to)
{
	char checked[SIZE_TEXT_MAX], wrong[SIZE_TEXT_MAX];

	problem("wrong data: of %s %s%s%s%s, %s are wrong", size_exact(r->checked, checked), before,
		from, between, to, size_exact(r->wrong, wrong));
	detail("those from byte %" PRIu64 " on hold %s", r->first,
	       pattern_finding_text(r->finding));
	if (r->finding == PATTERN_MISPLACED)
		detail("they are of byte %" PRIu64, r->belongs);
}

static int report_wrong(const struct p2pmem_lease *l, const struct verification *v)
{
	if (v->reads.wrong)
		say_wrong(&v->reads, "read from ", v->scratch.path, " into ", l->region);
	if (v->writes.wrong)
		say_wrong(&v->writes, "written from ", l->region, " to ", v->scratch.path);
	remedy("do not use peer-to-peer transfers between these two: an IOMMU that translates, or a "
	       "switch, may misroute them; p2pmemctl doctor looks at the IOMMU");
	return STATUS_DIFFERENT;
}

static void say_changed(const struct verification *v)
{
	char changed[SIZE_TEXT_MAX];

	if (v->changed)
		note("%s of %s changed meanwhile and were not compared",
		     size_exact(v->changed, changed), v->scratch.path);
}

static int report_right(const struct p2pmem_lease *l, const struct verification *v)
{
	char reads[SIZE_TEXT_MAX], writes[SIZE_TEXT_MAX];

	say_changed(v);
	if (v->scratch.kind == SCRATCH_NONE) {
		say(stdout,
		    "verified %s (%s, verdict %s): %s read from %s peer to peer are what host memory reads",
		    l->region, l->provider, p2pmem_verdict_name(l->verdict),
		    size_exact(v->reads.checked, reads), v->scratch.path);
		note("nothing was written: --file or --destroy has writes checked as well");
		return STATUS_OK;
	}
	say(stdout,
	    "verified %s (%s, verdict %s): %s read and %s written peer to peer, in %s of %s, are right",
	    l->region, l->provider, p2pmem_verdict_name(l->verdict),
	    size_exact(v->reads.checked, reads), size_exact(v->writes.checked, writes),
	    v->scratch.kind == SCRATCH_FILE ? "a scratch file" : "a range", v->scratch.path);
	return STATUS_OK;
}

/* Without a byte that was compared there is nothing to go by. */
static int report_nothing(const struct verification *v)
{
	problem("all of %s changed while it was read: nothing could be compared", v->scratch.path);
	remedy("give --file or --destroy, or a device that is not in use");
	return STATUS_FAILURE;
}

static int report_text(const struct p2pmem_lease *l, const struct verification *v)
{
	return is_right(v) ? report_right(l, v) : report_wrong(l, v);
}

static struct json_object *result_json(const struct pattern_result *r)
{
	_cleanup_json_ struct json_object *o = json_object_new_object();

	if (!o || json_add_int(o, "bytes", (int64_t)r->checked) < 0 ||
	    json_add_int(o, "wrongBytes", (int64_t)r->wrong) < 0)
		return NULL;
	if (r->wrong && (json_add_int(o, "firstWrong", (int64_t)r->first) < 0 ||
			 json_add_string(o, "found", pattern_finding_name(r->finding)) < 0))
		return NULL;
	return take_ptr(o);
}

static int add_where(struct json_object *o, const struct p2pmem_lease *l, const struct scratch *s)
{
	_cleanup_free_ char *path = utf8_clean(s->path);

	if (!path || json_add_string(o, "region", l->region) < 0 ||
	    json_add_string(o, "provider", l->provider) < 0 ||
	    json_add_string(o, "verdict", p2pmem_verdict_name(l->verdict)) < 0 ||
	    json_add_string(o, "path", path) < 0 ||
	    json_add_string(o, "scratch", scratch_kind_name(s->kind)) < 0 ||
	    json_add_int(o, "offset", (int64_t)s->offset) < 0 ||
	    json_add_int(o, "size", (int64_t)s->length) < 0)
		return -ENOMEM;
	return 0;
}

static int report_json(const struct p2pmem_lease *l, const struct verification *v)
{
	_cleanup_json_ struct json_object *root = ctl_json_new(), *o = json_object_new_object();
	int status;

	if (!root || !o || add_where(o, l, &v->scratch) < 0 ||
	    json_add_bool(o, "right", is_right(v)) < 0 ||
	    json_add(o, "reads", result_json(&v->reads)) < 0 ||
	    (v->scratch.kind != SCRATCH_NONE &&
	     json_add(o, "writes", result_json(&v->writes)) < 0) ||
	    json_add_int(o, "changedBytes", (int64_t)v->changed) < 0 ||
	    json_add(root, "verify", take_ptr(o)) < 0)
		return no_memory();
	status = ctl_print_json(root);
	if (status != STATUS_OK)
		return status;
	return is_right(v) ? STATUS_OK : report_wrong(l, v);
}

int verify_report(const struct verify_options *o, const struct p2pmem_lease *l,
		  const struct verification *v)
{
	if (v->reads.checked == 0)
		return report_nothing(v);
	return o->json ? report_json(l, v) : report_text(l, v);
}
