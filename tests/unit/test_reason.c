/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* For each cause: its code, and the words that somebody would act on. */
#include "topology/allow_list.h"
#include "topology/reason.h"
#include "tests/unit/model.h"

static const struct topology_cpu intel = {
	.known = true,
	.family = 6,
	.kernel = ALLOW_LIST_KERNEL(7, 3),
};
static const struct topology_cpu zen = {
	.known = true,
	.amd = true,
	.family = 0x19,
	.kernel = ALLOW_LIST_KERNEL(7, 3),
};
static const struct topology_cpu intel_612 = {
	.known = true,
	.family = 6,
	.kernel = ALLOW_LIST_KERNEL(6, 12),
};
static const struct topology_cpu nothing = {};

/* Two devices behind a switch, one beside it, and one at another host bridge. */
struct server {
	struct topology t;
	struct topology_function *host, *far_host;
	struct topology_function *up, *down[2], *device[2], *near, *far;
};

static void server_new(struct server *s, uint16_t host, uint16_t far_host)
{
	struct topology_function *port;

	*s = (struct server){};
	s->host = model_host_bridge(&s->t, "0000:00:00.0", 0x8086, host);
	s->far_host = model_host_bridge(&s->t, "0000:80:00.0", 0x8086, far_host);
	port = model_add(&s->t, "0000:00:01.0", TOPOLOGY_TYPE_ROOT_PORT, NULL);
	s->up = model_add(&s->t, "0000:01:00.0", TOPOLOGY_TYPE_UPSTREAM, port);
	s->down[0] = model_add(&s->t, "0000:02:00.0", TOPOLOGY_TYPE_DOWNSTREAM, s->up);
	s->down[1] = model_add(&s->t, "0000:02:01.0", TOPOLOGY_TYPE_DOWNSTREAM, s->up);
	s->device[0] = model_add(&s->t, "0000:03:00.0", TYPE_ENDPOINT, s->down[0]);
	s->device[1] = model_add(&s->t, "0000:04:00.0", TYPE_ENDPOINT, s->down[1]);
	port = model_add(&s->t, "0000:00:02.0", TOPOLOGY_TYPE_ROOT_PORT, NULL);
	s->near = model_add(&s->t, "0000:09:00.0", TYPE_ENDPOINT, port);
	port = model_add(&s->t, "0000:80:01.0", TOPOLOGY_TYPE_ROOT_PORT, NULL);
	s->far = model_add(&s->t, "0000:81:00.0", TYPE_ENDPOINT, port);
}

static void server_done(struct server *s)
{
	topology_done(&s->t);
}

/* @said: the driver's verdict; NULL: there is none, and what is computed holds. */
static void reason(const struct server *s, const struct topology_function *a,
		   const struct topology_function *b, const struct topology_cpu *cpu,
		   const enum p2pmem_verdict *said, struct reason *ret)
{
	_cleanup_(path_done) struct path p = {};
	struct verdict v;

	assert_int_equal(path_find(&s->t, a, b, &p), 0);
	path_judge(&p, cpu, &v);
	if (said)
		v.verdict = *said;
	assert_int_equal(reason_for_path(&p, cpu, &v, NULL, ret), 0);
	assert_non_null(ret->why);
	assert_null(strstr(ret->why, "(null)"));
}

static void says(const char *text, const char *words)
{
	if (!text || !strstr(text, words))
		fail_msg("\"%s\" is not in: %s", words, text ?: "(nothing)");
}

static void explains_what_works(void **state)
{
	_cleanup_(reason_done) struct reason own = {}, bus = {}, listed = {}, cpu = {}, far = {};
	struct server s;

	server_new(&s, 0x09a2, 0x09a2);
	reason(&s, s.near, s.near, &intel, NULL, &own);
	assert_int_equal(own.cause, CAUSE_OWN_MEMORY);
	says(own.why, "the device's own");
	reason(&s, s.device[0], s.device[1], &intel, NULL, &bus);
	assert_int_equal(bus.cause, CAUSE_COMMON_BRIDGE);
	says(bus.why, "0000:01:00.0 (upstream port)");
	reason(&s, s.device[0], s.near, &intel, NULL, &listed);
	assert_int_equal(listed.cause, CAUSE_HOST_BRIDGE_LISTED);
	says(listed.why, "host bridge 0000:00:00.0 (8086:09a2), on the kernel's list");
	reason(&s, s.device[0], s.near, &zen, NULL, &cpu);
	assert_int_equal(cpu.cause, CAUSE_HOST_BRIDGE_CPU);
	says(cpu.why, "AMD");
	reason(&s, s.near, s.far, &intel, NULL, &far);
	assert_int_equal(far.cause, CAUSE_HOST_BRIDGE_LISTED);
	says(far.why,
	     "through the host bridges 0000:00:00.0 (8086:09a2) and 0000:80:00.0 (8086:09a2)");
	assert_null(own.remedy);
	assert_null(bus.remedy);
	assert_null(listed.remedy);
	assert_null(far.cost);
	server_done(&s);
}

static void names_redirecting_ports(void **state)
{
	_cleanup_(reason_done) struct reason one = {}, two = {}, up = {}, through = {};
	struct server s;

	server_new(&s, 0x29c0, 0x29c0);
	model_acs(s.down[1], 0x1d & ~0x08);
	reason(&s, s.device[0], s.device[1], &intel, NULL, &one);
	assert_int_equal(one.cause, CAUSE_ACS_REDIRECT);
	says(one.why, "0000:02:01.0 (downstream port) redirects requests (RR) to the host bridge "
		      "0000:00:00.0 (8086:29c0), and it is not on the kernel's list");
	says(one.remedy, "pci=disable_acs_redir=0000:02:01.0. ");
	says(one.remedy, "setpci -s 0000:02:01.0 ECAP_ACS+6.w=0:2c");
	says(one.cost, "IOMMU group");
	model_acs(s.down[0], 0x2c);
	reason(&s, s.device[0], s.device[1], &intel, NULL, &two);
	says(two.why, "0000:02:00.0 (downstream port) redirects requests (RR) and completions (CR) "
		      "and by egress control (EC), and 0000:02:01.0");
	says(two.remedy, "pci=disable_acs_redir=0000:02:00.0;0000:02:01.0 (");
	says(two.remedy, "-s 0000:02:00.0 ECAP_ACS+6.w=0:2c -s 0000:02:01.0 ECAP_ACS+6.w=0:2c");
	/* The common bridge counts, and what is above it does not. */
	model_acs(s.down[0], 0);
	model_acs(s.down[1], 0);
	model_acs(s.up, 0x08);
	model_acs(s.up->parent, 0x04);
	reason(&s, s.device[0], s.device[1], &intel, NULL, &up);
	says(up.why, "0000:01:00.0 (upstream port) redirects completions (CR)");
	says(up.remedy, "pci=disable_acs_redir=0000:01:00.0.");
	/* Where the host bridge passes it on, that is no problem. */
	reason(&s, s.device[0], s.device[1], &zen, NULL, &through);
	assert_int_equal(through.cause, CAUSE_HOST_BRIDGE_CPU);
	says(through.why, "redirects completions (CR) to it");
	assert_null(through.remedy);
	server_done(&s);
}

/* Words are bounded, what is to be pasted is whole. */
static void bounds_lists(void **state)
{
	struct topology_function *below = NULL, *device[2];
	struct server s;
	_cleanup_(reason_done) struct reason r = {};

	server_new(&s, 0x29c0, 0x29c0);
	for (unsigned int side = 0; side < 2; side++) {
		below = s.up;
		for (unsigned int i = 0; i < 40; i++) {
			char address[16];

			snprintf(address, sizeof(address), "%02x:1f.%u", 0x10 + i, side);
			below = model_add(&s.t, address, TOPOLOGY_TYPE_DOWNSTREAM, below);
			model_acs(below, 0x1d);
		}
		device[side] = model_add(&s.t, side ? "0000:71:00.0" : "0000:70:00.0",
					 TYPE_ENDPOINT, below);
	}
	reason(&s, device[0], device[1], &intel, NULL, &r);
	says(r.why, "0000:34:1f.0 (downstream port) redirects requests (RR) and completions (CR)"
		    ", and 76 more to the host bridge");
	assert_true(strlen(r.why) < 600);
	says(r.remedy, "0000:37:1f.0;0000:36:1f.0;0000:35:1f.0;0000:34:1f.0;0000:33:1f.0");
	says(r.remedy, ";0000:10:1f.1 (");
	says(r.remedy, "setpci -s PORT");
	server_done(&s);
}

static void names_host_bridges(void **state)
{
	_cleanup_(reason_done) struct reason near = {}, far = {}, vmd = {}, none = {}, older = {};
	struct topology_function *drive;
	struct server s;

	server_new(&s, 0x2f00, 0x2f01);
	reason(&s, s.near, s.far, &intel, NULL, &far);
	assert_int_equal(far.cause, CAUSE_DIFFERENT_HOST_BRIDGES);
	says(far.why, "different host bridges, 0000:00:00.0 (8086:2f00) and 0000:80:00.0 "
		      "(8086:2f01), and the kernel trusts each with traffic within itself only");
	says(far.remedy, "slots of the same processor");
	assert_null(far.cost);
	s.host->device = 0x29c0;
	reason(&s, s.device[0], s.near, &intel, NULL, &near);
	assert_int_equal(near.cause, CAUSE_HOST_BRIDGE_NOT_LISTED);
	says(near.why, "0000:00:00.0 (8086:29c0), and it is not on the kernel's list");
	says(near.remedy, "below one PCIe switch.");
	s.host->device = 0x0b25;
	reason(&s, s.device[0], s.near, &intel_612, NULL, &older);
	assert_int_equal(older.cause, CAUSE_HOST_BRIDGE_NOT_LISTED);
	says(older.why, "on the list of newer kernels");
	says(older.remedy, "newer kernel");
	drive = model_add(&s.t, "10000:e1:00.0", TYPE_ENDPOINT,
			  model_add(&s.t, "10000:e0:06.0", TOPOLOGY_TYPE_CONVENTIONAL, NULL));
	reason(&s, s.near, drive, &intel, NULL, &vmd);
	assert_int_equal(vmd.cause, CAUSE_DIFFERENT_HOST_BRIDGES);
	says(vmd.why, "the kernel cannot identify pci10000:e0");
	says(vmd.remedy, "firmware setup");
	says(vmd.cost, "VROC");
	reason(&s, drive,
	       model_add(&s.t, "10000:e3:00.0", TYPE_ENDPOINT,
			 model_add(&s.t, "10000:e0:07.0", TOPOLOGY_TYPE_ROOT_PORT, NULL)),
	       &intel, NULL, &none);
	assert_int_equal(none.cause, CAUSE_NO_HOST_BRIDGE_FUNCTION);
	says(none.why, "pci10000:e0, and the kernel cannot identify it");
	server_done(&s);
}

static void tells_what_is_unknown(void **state)
{
	_cleanup_(reason_done) struct reason acs = {}, either = {}, cpu = {}, port = {}, ids = {},
					     kernel = {}, odd = {};
	const struct topology_cpu old = { .known = true, .family = 6 };
	const struct verdict v = { P2PMEM_VERDICT_UNKNOWN, -1 };
	struct server s;

	server_new(&s, 0x29c0, 0x29c0);
	model_acs_unknown(s.down[0]);
	model_acs_unknown(s.device[1]);
	reason(&s, s.device[0], s.device[1], &intel, NULL, &acs);
	assert_int_equal(acs.cause, CAUSE_ACS_UNKNOWN);
	says(acs.why, "(ACS) of 0000:02:00.0 (downstream port) and 0000:04:00.0 (endpoint)");
	says(acs.remedy, "as root");
	assert_null(strstr(acs.why, "either way"));
	reason(&s, s.device[0], s.device[1], &zen, NULL, &either);
	assert_int_equal(either.cause, CAUSE_ACS_UNKNOWN);
	says(either.why, "works either way");
	reason(&s, s.device[0], s.near, &nothing, NULL, &cpu);
	assert_int_equal(cpu.cause, CAUSE_CPU_UNKNOWN);
	says(cpu.why, "8086:29c0");
	says(cpu.why, "AMD");
	says(cpu.remedy, "modalias");
	s.host->device = 0x1212;
	reason(&s, s.device[0], s.near, &old, NULL, &kernel);
	assert_int_equal(kernel.cause, CAUSE_KERNEL_UNKNOWN);
	says(kernel.why, "which kernel");
	s.host->vendor = 0;
	reason(&s, s.device[0], s.near, &intel, NULL, &ids);
	assert_int_equal(ids.cause, CAUSE_HOST_BRIDGE_UNKNOWN);
	says(ids.why, "pci0000:00, and the ids of it could not be read");
	s.host->vendor = 0x8086;
	s.host->device = 0x2030;
	s.host->address.devfn = 1;
	s.host->type = TOPOLOGY_TYPE_UNKNOWN;
	s.host->bridge = true;
	reason(&s, s.device[0], s.near, &intel, NULL, &port);
	assert_int_equal(port.cause, CAUSE_HOST_BRIDGE_UNKNOWN);
	says(port.why, "whether it is a root port");
	assert_int_equal(reason_for_path(&(struct path){}, &intel, &v, NULL, &odd), 0);
	assert_int_equal(odd.cause, CAUSE_PATH_UNKNOWN);
	assert_non_null(odd.remedy);
	server_done(&s);
}

/* What the driver said answers what could not be read. */
static void settles_by_the_driver(void **state)
{
	static const enum p2pmem_verdict bus = P2PMEM_VERDICT_BUS, bridge = P2PMEM_VERDICT_BRIDGE,
					 no = P2PMEM_VERDICT_UNSUPPORTED;
	struct reason r[5] = {};
	struct server s;

	server_new(&s, 0x29c0, 0x29c0);
	model_acs_unknown(s.down[0]);
	reason(&s, s.device[0], s.device[1], &intel, &bus, &r[0]);
	assert_int_equal(r[0].cause, CAUSE_COMMON_BRIDGE);
	reason(&s, s.device[0], s.device[1], &intel, &no, &r[1]);
	assert_int_equal(r[1].cause, CAUSE_ACS_REDIRECT);
	says(r[1].why, "a port whose ACS could not be read redirects");
	assert_null(strstr(r[1].remedy, "setpci"));
	reason(&s, s.device[0], s.device[1], &nothing, &bridge, &r[2]);
	assert_int_equal(r[2].cause, CAUSE_HOST_BRIDGE_ALLOWED);
	reason(&s, s.near, s.far, &nothing, &no, &r[3]);
	assert_int_equal(r[3].cause, CAUSE_DIFFERENT_HOST_BRIDGES);
	model_acs(s.down[1], 0x04);
	reason(&s, s.device[0], s.device[1], &intel, &no, &r[4]);
	says(r[4].remedy, "1 port on the way could not be read");
	for (size_t i = 0; i < ARRAY_SIZE(r); i++)
		reason_done(&r[i]);
	server_done(&s);
}

static void tells_of_disagreement(void **state)
{
	static const enum p2pmem_verdict bus = P2PMEM_VERDICT_BUS, unknown = P2PMEM_VERDICT_UNKNOWN;
	const struct verdict said = { P2PMEM_VERDICT_BUS, 4 }, other = { P2PMEM_VERDICT_BRIDGE, 4 };
	const struct verdict open = { P2PMEM_VERDICT_UNKNOWN, -1 };
	_cleanup_(reason_done) struct reason own = {}, model = {}, none = {}, third = {};
	_cleanup_(path_done) struct path p = {};
	struct server s;

	server_new(&s, 0x29c0, 0x29c0);
	reason(&s, s.near, s.far, &intel, &bus, &own);
	assert_int_equal(own.cause, CAUSE_KERNEL_DISAGREES);
	says(own.why, "the kernel says bus");
	says(own.why, "say unsupported: they are below different host bridges");
	says(own.remedy, "p2pmemctl report");
	/* What could not be read leaves two answers, and the kernel gives a third. */
	reason(&s, s.near, s.far, &nothing, &bus, &third);
	assert_int_equal(third.cause, CAUSE_KERNEL_DISAGREES);
	says(third.why, "do not allow that: they are below different host bridges");
	/* The hops are fine, and the model has others. */
	assert_int_equal(path_find(&s.t, s.device[0], s.device[1], &p), 0);
	assert_int_equal(reason_for_path(&p, &intel, &said, &other, &model), 0);
	assert_int_equal(model.cause, CAUSE_KERNEL_DISAGREES);
	says(model.why, "the kernel says bus");
	assert_string_equal(strstr(model.why, "say bridge"), "say bridge");
	reason(&s, s.near, s.far, &intel, &unknown, &none);
	assert_int_equal(none.cause, CAUSE_DRIVER_FAILED);
	assert_true(reason_is_disagreement(&said, &other));
	assert_false(reason_is_disagreement(&said, &open));
	assert_false(reason_is_disagreement(&open, &said));
	assert_false(reason_is_disagreement(&said, &said));
	server_done(&s);
}

/* A small generator will do, and gives the same every time. */
static uint32_t next_random(uint32_t *seed)
{
	*seed = *seed * 1664525 + 1013904223;
	return *seed >> 8;
}

static void make_garbage(struct p2pmem_hop *hops, size_t n, uint32_t *seed)
{
	for (size_t i = 0; i < n; i++)
		hops[i] = (struct p2pmem_hop){
			.kind = next_random(seed) % 9,
			.vendor = next_random(seed) % 2 ? 0x8086 : 0,
			.device = next_random(seed) % 2 ? 0x2f00 : 0x0b25,
			.acs_control = (uint16_t)next_random(seed),
			.flags = next_random(seed) % 8 | (next_random(seed) % 4 << 30),
		};
}

/* Whatever hops come with whatever verdict, there are words, and a name for them. */
static void survives_garbage(void **state)
{
	const struct topology_cpu *cpus[] = { &intel, &zen, &intel_612, &nothing };
	struct p2pmem_hop hops[8];
	uint32_t seed = 1;

	for (unsigned int round = 0; round < 50000; round++) {
		const struct path p = { hops, next_random(&seed) % 5 };
		const struct verdict said = { next_random(&seed) % 4, 4 };
		const struct verdict other = { next_random(&seed) % 4, 4 };
		const struct topology_cpu *cpu = cpus[next_random(&seed) % ARRAY_SIZE(cpus)];
		struct reason r;

		make_garbage(hops, p.n_hops, &seed);
		assert_int_equal(reason_for_path(&p, cpu, &said, round % 2 ? &other : NULL, &r), 0);
		assert_true(r.cause != CAUSE_UNKNOWN && strlen(r.why) > 10);
		reason_done(&r);
	}
}

static void explains_minimum(void **state)
{
	_cleanup_(reason_done) struct reason low = {};

	assert_int_equal(reason_below_minimum(P2PMEM_VERDICT_BRIDGE, P2PMEM_VERDICT_BUS, &low), 0);
	assert_int_equal(low.cause, CAUSE_BELOW_MINIMUM);
	says(low.why, "is bridge, and no less than bus");
}

/* Names serve as identifiers of the protocol. */
static void names_causes(void **state)
{
	enum cause c;

	for (int i = 0; i <= CAUSE_BELOW_MINIMUM; i++) {
		const char *name = cause_name((enum cause)i);

		assert_non_null(name);
		assert_int_equal(strspn(name, "abcdefghijklmnopqrstuvwxyz_"), strlen(name));
		assert_int_equal(cause_parse(name, &c), 0);
		assert_int_equal(c, i);
	}
	assert_string_equal(cause_name((enum cause)999), "unknown");
	assert_int_equal(cause_parse("ACS", &c), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(explains_what_works),	 cmocka_unit_test(names_redirecting_ports),
		cmocka_unit_test(bounds_lists),		 cmocka_unit_test(names_host_bridges),
		cmocka_unit_test(tells_what_is_unknown), cmocka_unit_test(settles_by_the_driver),
		cmocka_unit_test(tells_of_disagreement), cmocka_unit_test(survives_garbage),
		cmocka_unit_test(explains_minimum),	 cmocka_unit_test(names_causes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
