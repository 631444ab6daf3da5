/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The kernel's rules on a path. First what they ask is answered, where an
 * answer may be "not known"; then the verdict follows from the answers, and is
 * `unknown` only if both answers to an open question would lead to different
 * ones.
 */
#include "topology/allow_list.h"
#include "topology/path.h"

#define BOTH_SIDES (P2PMEM_HOP_PROVIDER_SIDE | P2PMEM_HOP_CLIENT_SIDE)
#define AMD_ZEN 0x17 /* the family from which on the kernel trusts AMD's host bridges */

static enum path_answer both(enum path_answer a, enum path_answer b)
{
	if (a == PATH_NO || b == PATH_NO)
		return PATH_NO;
	return a == PATH_YES && b == PATH_YES ? PATH_YES : PATH_UNKNOWN;
}

static enum path_answer either(enum path_answer a, enum path_answer b)
{
	if (a == PATH_YES || b == PATH_YES)
		return PATH_YES;
	return a == PATH_NO && b == PATH_NO ? PATH_NO : PATH_UNKNOWN;
}

static uint32_t sides(const struct p2pmem_hop *hop)
{
	return hop->flags & BOTH_SIDES;
}

bool path_hop_is_common(const struct p2pmem_hop *hop)
{
	return sides(hop) == BOTH_SIDES;
}

/* From the provider up to its host bridge. Returns behind it, or NULL. */
static const struct p2pmem_hop *follow_provider(const struct path *p, struct path_findings *f)
{
	const struct p2pmem_hop *hop, *end = p->hops + p->n_hops;

	for (hop = p->hops; hop < end; hop++) {
		if (!(sides(hop) & P2PMEM_HOP_PROVIDER_SIDE))
			return NULL;
		if (hop->kind == P2PMEM_HOP_HOST_BRIDGE) {
			f->bridges[0] = hop;
			return hop > p->hops ? hop + 1 : NULL;
		}
		if (!f->turn && path_hop_is_common(hop))
			f->turn = hop;
		else if (f->turn && !path_hop_is_common(hop))
			return NULL;
		if (!f->turn)
			f->distance++;
	}
	return NULL;
}

/* From the client up to what both share, or to a host bridge of its own. */
static bool follow_client(const struct path *p, const struct p2pmem_hop *hop,
			  struct path_findings *f)
{
	const struct p2pmem_hop *first = hop, *end = p->hops + p->n_hops;

	for (; hop < end && hop->kind != P2PMEM_HOP_HOST_BRIDGE; hop++) {
		if (sides(hop) != P2PMEM_HOP_CLIENT_SIDE)
			return false;
		f->distance++;
	}
	if (!f->turn && hop == first)
		return false;
	if (path_hop_is_common(f->bridges[0])) {
		f->bridges[1] = f->bridges[0];
		return hop == end;
	}
	f->bridges[1] = hop;
	return !f->turn && hop + 1 == end && sides(hop) == P2PMEM_HOP_CLIENT_SIDE;
}

static bool follow(const struct path *p, struct path_findings *f)
{
	const struct p2pmem_hop *hop = NULL;

	if (p->n_hops <= 2 * PATH_DEPTH_MAX + 2)
		hop = follow_provider(p, f);
	return hop && follow_client(p, hop, f);
}

bool path_hop_counts(const struct path *p, const struct path_findings *f,
		     const struct p2pmem_hop *hop)
{
	return hop->kind != P2PMEM_HOP_HOST_BRIDGE && (hop == f->turn || !path_hop_is_common(hop));
}

static enum path_answer redirects(const struct p2pmem_hop *hop)
{
	if (hop->flags & PATH_HOP_ACS_UNKNOWN)
		return PATH_UNKNOWN;
	return hop->acs_control & PATH_ACS_REDIRECTS ? PATH_YES : PATH_NO;
}

static enum path_answer is_redirected(const struct path *p, const struct path_findings *f)
{
	enum path_answer answer = PATH_NO;

	for (size_t i = 0; i < p->n_hops; i++)
		if (path_hop_counts(p, f, &p->hops[i]))
			answer = either(answer, redirects(&p->hops[i]));
	return answer;
}

/* The kernel takes @bridge for one that passes traffic on to itself, or to @other as well. */
static enum path_answer is_listed(const struct p2pmem_hop *bridge, const struct p2pmem_hop *other,
				  const struct topology_cpu *cpu)
{
	const struct allow_list_entry *entry;
	bool doubtful = bridge->flags & PATH_HOP_BRIDGE_UNKNOWN;
	enum path_answer taken;

	if (doubtful && bridge->vendor == 0)
		return PATH_UNKNOWN;
	entry = allow_list_find(bridge->vendor, bridge->device);
	if (!entry || ((entry->flags & ALLOW_LIST_SAME_BRIDGE) && bridge != other))
		return PATH_NO;
	taken = allow_list_has(entry, cpu->kernel);
	return doubtful ? both(taken, PATH_UNKNOWN) : taken;
}

static enum path_answer is_zen(const struct topology_cpu *cpu)
{
	if (!cpu->known)
		return PATH_UNKNOWN;
	return cpu->amd && cpu->family >= AMD_ZEN ? PATH_YES : PATH_NO;
}

void path_examine(const struct path *p, const struct topology_cpu *cpu, struct path_findings *ret)
{
	struct path_findings f = {};

	if (!follow(p, &f)) {
		*ret = (struct path_findings){};
		return;
	}
	f.sound = true;
	f.redirected = f.turn ? is_redirected(p, &f) : PATH_NO;
	f.listed[0] = is_listed(f.bridges[0], f.bridges[1], cpu);
	f.listed[1] = is_listed(f.bridges[1], f.bridges[0], cpu);
	f.cpu = is_zen(cpu);
	f.bridged = either(f.cpu, both(f.listed[0], f.listed[1]));
	*ret = f;
}

bool path_allows(const struct path_findings *f, enum p2pmem_verdict verdict)
{
	bool may_turn = f->turn && f->redirected != PATH_YES;
	bool may_go_up = !f->turn || f->redirected != PATH_NO;

	if (!f->sound)
		return true;
	switch (verdict) {
	case P2PMEM_VERDICT_BUS:
		return may_turn;
	case P2PMEM_VERDICT_BRIDGE:
		return may_go_up && f->bridged != PATH_NO;
	case P2PMEM_VERDICT_UNSUPPORTED:
		return may_go_up && f->bridged != PATH_YES;
	default:
		return true;
	}
}

/* The only verdict that there can be. */
static enum p2pmem_verdict conclude(const struct path_findings *f)
{
	enum p2pmem_verdict found = P2PMEM_VERDICT_UNKNOWN;

	for (int v = P2PMEM_VERDICT_UNSUPPORTED; v <= P2PMEM_VERDICT_BUS; v++) {
		if (!path_allows(f, (enum p2pmem_verdict)v))
			continue;
		if (found != P2PMEM_VERDICT_UNKNOWN)
			return P2PMEM_VERDICT_UNKNOWN;
		found = (enum p2pmem_verdict)v;
	}
	return found;
}

void path_judge(const struct path *p, const struct topology_cpu *cpu, struct verdict *ret)
{
	struct path_findings f;

	path_examine(p, cpu, &f);
	ret->verdict = conclude(&f);
	ret->distance = ret->verdict >= P2PMEM_VERDICT_BRIDGE ? f.distance : -1;
}
