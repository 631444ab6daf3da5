/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Every small tree, against the kernel's algorithm as its documentation tells
 * it, stated anew on functions and their parents. It has no "not known": what
 * is not known is tried both ways, and the verdict has to be `unknown` exactly
 * where the outcomes differ.
 */
#include "topology/allow_list.h"
#include "topology/path.h"
#include "tests/unit/model.h"

/* ---- the kernel's algorithm ------------------------------------------ */

/* What is so in one of the possible worlds. */
struct world {
	bool redirects[8]; /* by number of the function */
	bool zen;
	bool knows_recent;
	bool first_counts[2]; /* the root bus begins with a function that the kernel goes by */
	bool unread_is_listed[2];
};

struct node {
	struct topology_function *function;
	struct node *parent;
	unsigned int number;
};

static bool is_above(const struct node *above, const struct node *below)
{
	for (; below; below = below->parent)
		if (below == above)
			return true;
	return false;
}

static bool any_redirects(const struct world *w, const struct node *from, const struct node *to)
{
	for (; from != to; from = from->parent)
		if (w->redirects[from->number])
			return true;
	return false;
}

static int steps(const struct node *from, const struct node *to)
{
	int n = 0;

	for (; from != to; from = from->parent)
		n++;
	return n;
}

/* A root bus as the test makes it. */
enum start {
	START_UNLISTED,
	START_LISTED,
	START_SAME_ONLY,
	START_RECENT,
	START_GOOGLE,
	START_UNREAD,
	START_ROOT_PORT,
	START_OTHER_PORT,
	START_PORT_UNREAD,
	START_PORT_UNREAD_UNLISTED,
	START_EMPTY,
	N_STARTS,
};

static bool host_bridge_allowed(const struct world *w, enum start s, unsigned int side, bool same)
{
	switch (s) {
	case START_LISTED:
	case START_ROOT_PORT:
		return true;
	case START_SAME_ONLY:
		return same;
	case START_RECENT:
	case START_GOOGLE:
		return w->knows_recent;
	case START_UNREAD:
		return w->unread_is_listed[side];
	case START_PORT_UNREAD:
		return w->first_counts[side];
	default:
		return false;
	}
}

static enum p2pmem_verdict kernel_says(const struct world *w, const struct node *provider,
				       const struct node *client, const enum start starts[2],
				       bool same, int *distance)
{
	const struct node *meet = provider;

	while (meet && !is_above(meet, client))
		meet = meet->parent;
	*distance = steps(provider, meet) + steps(client, meet);
	if (meet && !any_redirects(w, provider, meet) && !any_redirects(w, client, meet) &&
	    !w->redirects[meet->number])
		return P2PMEM_VERDICT_BUS;
	if (w->zen)
		return P2PMEM_VERDICT_BRIDGE;
	if (host_bridge_allowed(w, starts[0], 0, same) &&
	    (same || host_bridge_allowed(w, starts[1], 1, same)))
		return P2PMEM_VERDICT_BRIDGE;
	return P2PMEM_VERDICT_UNSUPPORTED;
}

/* ---- trees ----------------------------------------------------------- */

#define N_ACS 6 /* what a function can have: see set_acs() */
#define ACS_UNKNOWN 5

struct tree {
	struct topology topology;
	struct node nodes[8];
	unsigned int n_nodes;
	struct node *provider, *client;
	enum start starts[2];
	bool same; /* root bus */
	unsigned int acs[8];
};

static void add_first(struct topology *t, enum start s, unsigned int bus)
{
	static const struct {
		const char *place;
		int type;
		uint16_t vendor, device;
	} firsts[N_STARTS] = {
		[START_UNLISTED] = { "00.0", TOPOLOGY_TYPE_CONVENTIONAL, 0x8086, 0x29c0 },
		[START_LISTED] = { "00.0", TOPOLOGY_TYPE_CONVENTIONAL, 0x8086, 0x09a2 },
		[START_SAME_ONLY] = { "00.0", TOPOLOGY_TYPE_ROOT_PORT, 0x8086, 0x2f01 },
		[START_RECENT] = { "00.0", TYPE_ENDPOINT, 0x8086, 0x0b25 },
		[START_GOOGLE] = { "00.0", TYPE_ENDPOINT, 0x1ae0, 0xabcd },
		[START_UNREAD] = { "00.0", TYPE_ENDPOINT, 0, 0 },
		[START_ROOT_PORT] = { "01.0", TOPOLOGY_TYPE_ROOT_PORT, 0x8086, 0x2030 },
		[START_OTHER_PORT] = { "01.0", TOPOLOGY_TYPE_UPSTREAM, 0x8086, 0x2030 },
		[START_PORT_UNREAD] = { "01.0", TOPOLOGY_TYPE_UNKNOWN, 0x8086, 0x2030 },
		[START_PORT_UNREAD_UNLISTED] = { "01.0", TOPOLOGY_TYPE_UNKNOWN, 0x8086, 0x29c1 },
	};
	struct topology_function *f;
	char address[16];

	if (s == START_EMPTY)
		return;
	snprintf(address, sizeof(address), "%02x:%s", bus, firsts[s].place);
	f = model_add(t, address, firsts[s].type, NULL);
	f->vendor = firsts[s].vendor;
	f->device = firsts[s].device;
}

/* Below @parent. Those on a root bus come after the first, and are no root ports' place. */
static struct node *add_node(struct tree *t, struct node *parent, unsigned int bus, int type)
{
	struct node *n = &t->nodes[t->n_nodes];
	char address[16];

	snprintf(address, sizeof(address), "%02x:%02x.0", parent ? bus + 0x10 + t->n_nodes : bus,
		 8 + t->n_nodes);
	*n = (struct node){ .parent = parent, .number = t->n_nodes++ };
	n->function = model_add(&t->topology, address, type, parent ? parent->function : NULL);
	return n;
}

static struct node *add_chain(struct tree *t, struct node *below, unsigned int bus, unsigned int n)
{
	while (n-- > 0)
		below = add_node(t, below, bus, TOPOLOGY_TYPE_DOWNSTREAM);
	return below;
}

struct shape {
	unsigned int shared, above_provider, above_client;
	bool same; /* root bus */
};

static void tree_new(struct tree *t, const struct shape *s, enum start a, enum start b)
{
	unsigned int bus_b = s->same ? 0 : 0x80;
	struct node *shared;

	*t = (struct tree){ .starts = { a, b }, .same = s->same };
	add_first(&t->topology, a, 0);
	if (!s->same)
		add_first(&t->topology, b, bus_b);
	shared = add_chain(t, NULL, 0, s->shared);
	t->provider = add_node(t, add_chain(t, shared, 0, s->above_provider), 0, TYPE_ENDPOINT);
	t->client = add_node(t, add_chain(t, shared, bus_b, s->above_client), bus_b, TYPE_ENDPOINT);
}

static void set_acs(struct tree *t, unsigned int node, unsigned int what)
{
	/* All the other bits are set, as they do not count. */
	static const uint16_t controls[] = { 0, 0x53, 0x04, 0x08, 0x20 };
	struct topology_function *f = t->nodes[node].function;

	t->acs[node] = what;
	if (what == ACS_UNKNOWN)
		model_acs_unknown(f);
	else if (what > 0)
		model_acs(f, controls[what]);
	else
		f->acs = (struct topology_acs){ .state = TOPOLOGY_ACS_ABSENT };
}

/* ---- all worlds ------------------------------------------------------ */

/* Bits of @choice, for one unknown after the other. */
static bool choose(unsigned int choice, unsigned int *bit, bool known, bool value)
{
	return known ? value : (choice >> (*bit)++) & 1;
}

/* Returns how many unknowns there are. */
static unsigned int make_world(const struct tree *t, const struct topology_cpu *cpu,
			       unsigned int choice, struct world *w)
{
	unsigned int bit = 0;

	*w = (struct world){};
	for (unsigned int i = 0; i < t->n_nodes; i++)
		w->redirects[i] = choose(choice, &bit, t->acs[i] != ACS_UNKNOWN, t->acs[i] >= 2);
	w->zen = choose(choice, &bit, cpu->known, cpu->amd && cpu->family >= 0x17);
	w->knows_recent = choose(choice, &bit,
				 cpu->kernel == ALLOW_LIST_KERNEL(6, 12) ||
					 cpu->kernel == ALLOW_LIST_KERNEL(7, 3),
				 cpu->kernel == ALLOW_LIST_KERNEL(7, 3));
	for (unsigned int side = 0; side < 2; side++) {
		w->first_counts[side] =
			choose(choice, &bit, t->starts[side] != START_PORT_UNREAD, false);
		w->unread_is_listed[side] =
			choose(choice, &bit, t->starts[side] != START_UNREAD, false);
	}
	return bit;
}

static struct verdict expected(const struct tree *t, const struct topology_cpu *cpu)
{
	struct verdict v = { .distance = -1 };
	struct world w;
	unsigned int unknowns = make_world(t, cpu, 0, &w);
	int distance;

	v.verdict = kernel_says(&w, t->provider, t->client, t->starts, t->same, &distance);
	for (unsigned int choice = 1; choice < 1U << unknowns; choice++) {
		make_world(t, cpu, choice, &w);
		if (kernel_says(&w, t->provider, t->client, t->starts, t->same, &distance) !=
		    v.verdict)
			return (struct verdict){ P2PMEM_VERDICT_UNKNOWN, -1 };
	}
	if (v.verdict >= P2PMEM_VERDICT_BRIDGE)
		v.distance = distance;
	return v;
}

/* ---- comparing ------------------------------------------------------- */

static const struct topology_cpu cpus[] = {
	{ .kernel = ALLOW_LIST_KERNEL(7, 3) },
	{ .known = true, .amd = true, .family = 0x17, .kernel = ALLOW_LIST_KERNEL(6, 12) },
	{ .known = true, .amd = true, .family = 0x16, .kernel = ALLOW_LIST_KERNEL(7, 3) },
	{ .known = true, .family = 0x18, .kernel = ALLOW_LIST_KERNEL(6, 12) },
	{ .known = true, .family = 6, .kernel = ALLOW_LIST_KERNEL(6, 18) },
	{ .known = false },
};

static size_t compared;

static void compare(const struct tree *t)
{
	struct path p = {};
	struct verdict v, e;

	assert_int_equal(path_find(&t->topology, t->provider->function, t->client->function, &p),
			 0);
	for (size_t i = 0; i < ARRAY_SIZE(cpus); i++) {
		path_judge(&p, &cpus[i], &v);
		e = expected(t, &cpus[i]);
		compared++;
		if (v.verdict == e.verdict && v.distance == e.distance)
			continue;
		for (unsigned int n = 0; n < t->n_nodes; n++)
			print_message("# function %u: ACS %u\n", n, t->acs[n]);
		fail_msg("starts %d %d, cpu %zu: %s (%d), not %s (%d)", t->starts[0], t->starts[1],
			 i, verdict_name(v.verdict), v.distance, verdict_name(e.verdict),
			 e.distance);
	}
	path_done(&p);
}

/* Everything that the functions from @node on can have, @most of them other than nothing. */
static void vary(struct tree *t, unsigned int node, unsigned int most)
{
	if (node == t->n_nodes) {
		compare(t);
		return;
	}
	for (unsigned int what = 0; what < (most ? N_ACS : 1); what++) {
		set_acs(t, node, what);
		vary(t, node + 1, most - (what > 0));
	}
	set_acs(t, node, 0);
}

static void compare_shape(const struct shape *s)
{
	struct tree t;

	for (int a = 0; a < N_STARTS; a++)
		for (int b = 0; b < (s->same ? 1 : N_STARTS); b++) {
			enum start second = s->same ? (enum start)a : (enum start)b;

			tree_new(&t, s, (enum start)a, second);
			vary(&t, 0, s->same ? 3 : 1);
			topology_done(&t.topology);
		}
}

static void agrees_below_one_root(void **state)
{
	for (unsigned int shared = 0; shared <= 3; shared++)
		for (unsigned int p = 0; p <= 3 - shared; p++)
			for (unsigned int c = 0; c <= 3 - shared; c++)
				compare_shape(&(struct shape){ shared, p, c, true });
}

static void agrees_across_roots(void **state)
{
	for (unsigned int p = 0; p <= 3; p++)
		for (unsigned int c = 0; c <= 3; c++)
			compare_shape(&(struct shape){ 0, p, c, false });
}

/* The device itself, and one that hangs below the provider. */
static void agrees_in_line(void **state)
{
	const struct shape s = { 2, 0, 0, true };
	struct tree t;

	for (int a = 0; a < N_STARTS; a++) {
		tree_new(&t, &s, (enum start)a, (enum start)a);
		t.client = t.provider;
		vary(&t, 0, 2);
		t.client = &t.nodes[3];
		t.provider = &t.nodes[1];
		vary(&t, 0, 2);
		topology_done(&t.topology);
	}
}

/* Any number of ACS states at once, where that is not too many. */
static void agrees_on_every_mixture(void **state)
{
	static const enum start starts[] = { START_UNLISTED, START_LISTED, START_PORT_UNREAD };
	const struct shape s = { 1, 1, 1, true };
	struct tree t;

	for (size_t i = 0; i < ARRAY_SIZE(starts); i++) {
		tree_new(&t, &s, starts[i], starts[i]);
		vary(&t, 0, t.n_nodes);
		topology_done(&t.topology);
	}
	print_message("# %zu verdicts compared\n", compared);
	assert_true(compared > 100000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(agrees_below_one_root),
		cmocka_unit_test(agrees_across_roots),
		cmocka_unit_test(agrees_in_line),
		cmocka_unit_test(agrees_on_every_mixture),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
