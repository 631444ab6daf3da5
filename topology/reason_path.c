/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The cause of a verdict on a path. */
#include <errno.h>

#include "common/cleanup.h"
#include "topology/reason_path.h"

bool reason_port_is(const struct reason_case *c, const struct p2pmem_hop *hop,
		    enum reason_ports which)
{
	if (!path_hop_counts(c->path, &c->findings, hop))
		return false;
	if (which == REASON_PORTS_UNREAD)
		return hop->flags & PATH_HOP_ACS_UNKNOWN;
	return !(hop->flags & PATH_HOP_ACS_UNKNOWN) && (hop->acs_control & PATH_ACS_REDIRECTS);
}

size_t reason_count_ports(const struct reason_case *c, enum reason_ports which)
{
	size_t n = 0;

	for (size_t i = 0; i < c->path->n_hops; i++)
		n += reason_port_is(c, &c->path->hops[i], which);
	return n;
}

bool reason_same_bridge(const struct reason_case *c)
{
	return c->findings.bridges[0] == c->findings.bridges[1];
}

static enum cause cause_of_bridge(const struct path_findings *f)
{
	if (f->cpu == PATH_YES)
		return CAUSE_HOST_BRIDGE_CPU;
	if (f->listed[0] == PATH_YES && f->listed[1] == PATH_YES)
		return CAUSE_HOST_BRIDGE_LISTED;
	return CAUSE_HOST_BRIDGE_ALLOWED;
}

static enum cause cause_of_refusal(const struct path_findings *f)
{
	if (f->turn)
		return CAUSE_ACS_REDIRECT;
	if (f->bridges[0] != f->bridges[1])
		return CAUSE_DIFFERENT_HOST_BRIDGES;
	return f->bridges[0]->vendor ? CAUSE_HOST_BRIDGE_NOT_LISTED : CAUSE_NO_HOST_BRIDGE_FUNCTION;
}

static bool is_doubtful(const struct path_findings *f, size_t i)
{
	return f->listed[i] == PATH_UNKNOWN && (f->bridges[i]->flags & PATH_HOP_BRIDGE_UNKNOWN);
}

static enum cause cause_of_doubt(const struct path_findings *f)
{
	if (f->turn && f->redirected == PATH_UNKNOWN)
		return CAUSE_ACS_UNKNOWN;
	if (f->cpu == PATH_UNKNOWN)
		return CAUSE_CPU_UNKNOWN;
	return is_doubtful(f, 0) || is_doubtful(f, 1) ? CAUSE_HOST_BRIDGE_UNKNOWN :
							CAUSE_KERNEL_UNKNOWN;
}

static enum cause find_cause(const struct reason_case *c)
{
	const struct path_findings *f = &c->findings;

	if (c->verdict == P2PMEM_VERDICT_UNKNOWN && c->computed != P2PMEM_VERDICT_UNKNOWN)
		return CAUSE_DRIVER_FAILED;
	if ((c->computed != P2PMEM_VERDICT_UNKNOWN && c->computed != c->verdict) ||
	    !path_allows(f, c->verdict))
		return CAUSE_KERNEL_DISAGREES;
	if (!f->sound)
		return CAUSE_PATH_UNKNOWN;
	switch (c->verdict) {
	case P2PMEM_VERDICT_BUS:
		return f->distance == 0 ? CAUSE_OWN_MEMORY : CAUSE_COMMON_BRIDGE;
	case P2PMEM_VERDICT_BRIDGE:
		return cause_of_bridge(f);
	case P2PMEM_VERDICT_UNSUPPORTED:
		return cause_of_refusal(f);
	default:
		return cause_of_doubt(f);
	}
}

bool reason_is_disagreement(const struct verdict *verdict, const struct verdict *computed)
{
	return verdict->verdict != computed->verdict &&
	       verdict->verdict != P2PMEM_VERDICT_UNKNOWN &&
	       computed->verdict != P2PMEM_VERDICT_UNKNOWN;
}

/* Leaves *ret NULL if nothing is written. */
static int write_text(const struct reason_case *c,
		      void (*write)(const struct reason_case *c, FILE *f), char **ret)
{
	_cleanup_free_ char *text = NULL;
	size_t size = 0;
	FILE *f = open_memstream(&text, &size);

	if (!f)
		return -ENOMEM;
	write(c, f);
	if (fclose(f) != 0)
		return -ENOMEM;
	if (size > 0)
		*ret = take_ptr(text);
	return 0;
}

static int write_reason(const struct reason_case *c, struct reason *ret)
{
	_cleanup_(reason_done) struct reason r = { .cause = c->cause };
	int e = write_text(c, reason_write_why, &r.why);

	if (e == 0)
		e = write_text(c, reason_write_remedy, &r.remedy);
	if (e == 0)
		e = write_text(c, reason_write_cost, &r.cost);
	if (e < 0)
		return e;
	*ret = r;
	r = (struct reason){};
	return 0;
}

int reason_for_path(const struct path *path, const struct topology_cpu *cpu,
		    const struct verdict *verdict, const struct verdict *computed,
		    struct reason *ret)
{
	struct reason_case c = { .path = path };
	struct verdict ruled;

	*ret = (struct reason){};
	path_judge(path, cpu, &ruled);
	path_examine(path, cpu, &c.findings);
	c.verdict = c.computed = ruled.verdict;
	c.computed_cause = find_cause(&c);
	if (computed && reason_is_disagreement(verdict, computed)) {
		c.computed = computed->verdict;
		c.computed_cause = CAUSE_UNKNOWN;
	}
	c.verdict = verdict->verdict;
	c.cause = find_cause(&c);
	return write_reason(&c, ret);
}
