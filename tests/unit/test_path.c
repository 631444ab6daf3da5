/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Hops as the driver orders and marks them, and hops that nobody should send. */
#include "topology/allow_list.h"
#include "topology/path.h"
#include "tests/unit/model.h"

#define PROVIDER P2PMEM_HOP_PROVIDER_SIDE
#define CLIENT P2PMEM_HOP_CLIENT_SIDE
#define BOTH (PROVIDER | CLIENT)

static const struct topology_cpu intel = {
	.known = true,
	.family = 6,
	.kernel = ALLOW_LIST_KERNEL(7, 3),
};

/* A server: a switch with three devices, a device beside it, another socket, and a VMD. */
struct server {
	struct topology t;
	struct topology_function *host, *port, *up, *down[3], *device[3];
	struct topology_function *near_port, *near;
	struct topology_function *far_port, *far;
	struct topology_function *vmd_port, *vmd;
};

static void server_new(struct server *s)
{
	*s = (struct server){};
	s->host = model_host_bridge(&s->t, "0000:00:00.0", 0x8086, 0x2f00);
	s->port = model_add(&s->t, "0000:00:01.0", TOPOLOGY_TYPE_ROOT_PORT, NULL);
	s->up = model_add(&s->t, "0000:01:00.0", TOPOLOGY_TYPE_UPSTREAM, s->port);
	for (unsigned int i = 0; i < 3; i++) {
		char address[16];

		snprintf(address, sizeof(address), "02:%02x.0", i);
		s->down[i] = model_add(&s->t, address, TOPOLOGY_TYPE_DOWNSTREAM, s->up);
		snprintf(address, sizeof(address), "%02x:00.0", 3 + i);
		s->device[i] = model_add(&s->t, address, TYPE_ENDPOINT, s->down[i]);
	}
	s->near_port = model_add(&s->t, "0000:00:02.0", TOPOLOGY_TYPE_ROOT_PORT, NULL);
	s->near = model_add(&s->t, "0000:09:00.0", TYPE_ENDPOINT, s->near_port);
	s->far_port = model_add(&s->t, "0000:80:03.2", TOPOLOGY_TYPE_ROOT_PORT, NULL);
	s->far = model_add(&s->t, "0000:81:00.0", TYPE_ENDPOINT, s->far_port);
	s->vmd_port = model_add(&s->t, "10000:e0:06.0", TOPOLOGY_TYPE_ROOT_PORT, NULL);
	s->vmd = model_add(&s->t, "10000:e1:00.0", TYPE_ENDPOINT, s->vmd_port);
}

static void server_done(struct server *s)
{
	topology_done(&s->t);
}

struct hop {
	uint32_t kind;
	const char *address;
	uint32_t flags;
};

static void expect_hops(const struct path *p, const struct hop *hops, size_t n)
{
	char address[PCI_ADDRESS_MAX];

	assert_int_equal(p->n_hops, n);
	for (size_t i = 0; i < n; i++) {
		assert_int_equal(p->hops[i].size, sizeof(struct p2pmem_hop));
		assert_string_equal(pci_address_format(&p->hops[i].address, address),
				    hops[i].address);
		assert_int_equal(p->hops[i].kind, hops[i].kind);
		assert_int_equal(p->hops[i].flags, hops[i].flags);
		assert_int_equal(p->hops[i].reserved, 0);
	}
}

static void orders_hops_of_a_switch(void **state)
{
	static const struct hop hops[] = {
		{ P2PMEM_HOP_ENDPOINT, "0000:03:00.0", PROVIDER },
		{ P2PMEM_HOP_DOWNSTREAM_PORT, "0000:02:00.0", PROVIDER | P2PMEM_HOP_ACS },
		{ P2PMEM_HOP_UPSTREAM_PORT, "0000:01:00.0", BOTH },
		{ P2PMEM_HOP_ROOT_PORT, "0000:00:01.0", BOTH },
		{ P2PMEM_HOP_HOST_BRIDGE, "0000:00:00.0", BOTH },
		{ P2PMEM_HOP_ENDPOINT, "0000:04:00.0", CLIENT | PATH_HOP_ACS_UNKNOWN },
		{ P2PMEM_HOP_DOWNSTREAM_PORT, "0000:02:01.0", CLIENT },
	};
	_cleanup_(path_done) struct path p = {};
	struct server s;

	server_new(&s);
	model_acs(s.down[0], 0x13);
	model_acs_unknown(s.device[1]);
	assert_int_equal(path_find(&s.t, s.device[0], s.device[1], &p), 0);
	expect_hops(&p, hops, ARRAY_SIZE(hops));
	assert_int_equal(p.hops[1].acs_control, 0x13);
	assert_int_equal(p.hops[1].acs_capability, 0x7f);
	assert_int_equal(p.hops[0].vendor, 0x1234);
	assert_int_equal(p.hops[4].device, 0x2f00);
	server_done(&s);
}

static void orders_hops_of_two_host_bridges(void **state)
{
	static const struct hop hops[] = {
		{ P2PMEM_HOP_ENDPOINT, "0000:09:00.0", PROVIDER },
		{ P2PMEM_HOP_ROOT_PORT, "0000:00:02.0", PROVIDER },
		{ P2PMEM_HOP_HOST_BRIDGE, "0000:00:00.0", PROVIDER },
		{ P2PMEM_HOP_ENDPOINT, "0000:81:00.0", CLIENT },
		{ P2PMEM_HOP_ROOT_PORT, "0000:80:03.2", CLIENT },
		{ P2PMEM_HOP_HOST_BRIDGE, "0000:80:03.2", CLIENT },
	};
	_cleanup_(path_done) struct path p = {};
	struct server s;

	server_new(&s);
	assert_int_equal(path_find(&s.t, s.near, s.far, &p), 0);
	expect_hops(&p, hops, ARRAY_SIZE(hops));
	server_done(&s);
}

static void orders_hops_of_one_function(void **state)
{
	static const struct hop hops[] = {
		{ P2PMEM_HOP_ENDPOINT, "0000:09:00.0", BOTH },
		{ P2PMEM_HOP_ROOT_PORT, "0000:00:02.0", BOTH },
		{ P2PMEM_HOP_HOST_BRIDGE, "0000:00:00.0", BOTH },
	};
	_cleanup_(path_done) struct path p = {};
	struct verdict v;
	struct server s;

	server_new(&s);
	assert_int_equal(path_find(&s.t, s.near, s.near, &p), 0);
	expect_hops(&p, hops, ARRAY_SIZE(hops));
	path_judge(&p, &intel, &v);
	assert_int_equal(v.verdict, P2PMEM_VERDICT_BUS);
	assert_int_equal(v.distance, 0);
	server_done(&s);
}

/* Of a root port, of a bridge, of something else; and one that is not the first. */
static void identifies_host_bridges(void **state)
{
	static const struct {
		int type;
		bool bridge;
		uint16_t vendor, device, expected;
		bool doubtful;
	} cases[] = {
		{ TOPOLOGY_TYPE_ROOT_PORT, true, 0x8086, 0x2030, 0x8086, false },
		{ TOPOLOGY_TYPE_CONVENTIONAL, true, 0x8086, 0x2030, 0, false },
		{ TOPOLOGY_TYPE_UNKNOWN, true, 0x8086, 0x2030, 0x8086, true },
		{ TOPOLOGY_TYPE_UNKNOWN, false, 0x8086, 0x2030, 0, false },
		{ TOPOLOGY_TYPE_ROOT_PORT, true, 0, 0x2030, 0, true },
		/* Of which it is not known that it is not on the list. */
		{ TOPOLOGY_TYPE_ROOT_PORT, true, 0x8086, 0, 0, true },
	};
	struct server s;

	server_new(&s);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_(path_done) struct path p = {};

		s.far_port->type = cases[i].type;
		s.far_port->bridge = cases[i].bridge;
		s.far_port->vendor = cases[i].vendor;
		s.far_port->device = cases[i].device;
		assert_int_equal(path_find(&s.t, s.near, s.far, &p), 0);
		assert_int_equal(p.hops[5].vendor, cases[i].expected);
		assert_int_equal(!!(p.hops[5].flags & PATH_HOP_BRIDGE_UNKNOWN), cases[i].doubtful);
	}
	server_done(&s);
}

static void survives_odd_models(void **state)
{
	_cleanup_(path_done) struct path rootless = {}, circle = {};
	struct verdict v;
	struct server s;

	server_new(&s);
	s.far->root = NULL;
	assert_int_equal(path_find(&s.t, s.near, s.far, &rootless), 0);
	path_judge(&rootless, &intel, &v);
	assert_int_equal(v.verdict, P2PMEM_VERDICT_UNKNOWN);
	s.port->parent = s.up;
	assert_int_equal(path_find(&s.t, s.device[0], s.device[1], &circle), -ELOOP);
	assert_null(circle.hops);
	server_done(&s);
}

static enum p2pmem_verdict judge(const struct path *p)
{
	struct verdict v;

	path_judge(p, &intel, &v);
	assert_true(v.verdict <= P2PMEM_VERDICT_BUS);
	assert_int_equal(v.distance >= 0, v.verdict >= P2PMEM_VERDICT_BRIDGE);
	return v.verdict;
}

/* Takes @n hops at @at away. */
static struct path without(const struct path *p, size_t at, size_t n, struct p2pmem_hop *room)
{
	memcpy(room, p->hops, at * sizeof(*room));
	memcpy(room + at, p->hops + at + n, (p->n_hops - at - n) * sizeof(*room));
	return (struct path){ room, p->n_hops - n };
}

static void refuses_what_makes_no_path(void **state)
{
	_cleanup_(path_done) struct path p = {}, apart = {};
	struct p2pmem_hop room[16];
	struct path q;
	struct server s;

	server_new(&s);
	assert_int_equal(path_find(&s.t, s.device[0], s.device[1], &p), 0);
	assert_int_equal(path_find(&s.t, s.near, s.far, &apart), 0);
	assert_int_equal(judge(&p), P2PMEM_VERDICT_BUS);
	assert_int_equal(judge(&(struct path){}), P2PMEM_VERDICT_UNKNOWN);
	/* It ends too early, wherever that is. */
	for (size_t n = 1; n < 5; n++)
		assert_int_equal(judge(&(struct path){ p.hops, n }), P2PMEM_VERDICT_UNKNOWN);
	for (size_t n = 1; n < 6; n++)
		assert_int_equal(judge(&(struct path){ apart.hops, n }), P2PMEM_VERDICT_UNKNOWN);
	/* A host bridge, or all but that, is missing. */
	q = without(&p, 4, 1, room);
	assert_int_equal(judge(&q), P2PMEM_VERDICT_UNKNOWN);
	q = without(&apart, 2, 1, room);
	assert_int_equal(judge(&q), P2PMEM_VERDICT_UNKNOWN);
	q = without(&apart, 0, 2, room);
	assert_int_equal(judge(&q), P2PMEM_VERDICT_UNKNOWN);
	q = without(&apart, 3, 2, room);
	assert_int_equal(judge(&q), P2PMEM_VERDICT_UNKNOWN);
	/* What both have in common ends again. */
	memcpy(room, p.hops, p.n_hops * sizeof(*room));
	room[3].flags = PROVIDER;
	assert_int_equal(judge(&(struct path){ room, p.n_hops }), P2PMEM_VERDICT_UNKNOWN);
	/* Both sides have host bridges of their own, above something in common. */
	memcpy(room, apart.hops, 6 * sizeof(*room));
	room[1].flags |= CLIENT;
	assert_int_equal(judge(&(struct path){ room, 6 }), P2PMEM_VERDICT_UNKNOWN);
	server_done(&s);
}

/* A small generator will do, and gives the same every time. */
static uint32_t next_random(uint32_t *seed)
{
	*seed = *seed * 1664525 + 1013904223;
	return *seed >> 8;
}

static void survives_garbage(void **state)
{
	struct p2pmem_hop *hops = test_malloc(4096 * sizeof(*hops));
	uint32_t seed = 1;

	for (unsigned int round = 0; round < 20000; round++) {
		size_t n = next_random(&seed) % 9;

		for (size_t i = 0; i < n; i++)
			hops[i] = (struct p2pmem_hop){
				.kind = next_random(&seed) % 8,
				.vendor = next_random(&seed) % 2 ? 0x8086 : 0,
				.device = 0x09a2,
				.acs_control = (uint16_t)next_random(&seed),
				.flags = next_random(&seed) % 8 | (next_random(&seed) % 4 << 30),
			};
		judge(&(struct path){ hops, n });
	}
	/* Longer than any path can be, and without an end. */
	for (size_t i = 0; i < 4096; i++)
		hops[i] = (struct p2pmem_hop){ .kind = P2PMEM_HOP_BRIDGE, .flags = BOTH };
	assert_int_equal(judge(&(struct path){ hops, 4096 }), P2PMEM_VERDICT_UNKNOWN);
	hops[4095] = (struct p2pmem_hop){ .kind = P2PMEM_HOP_HOST_BRIDGE, .flags = BOTH };
	assert_int_equal(judge(&(struct path){ hops, 4096 }), P2PMEM_VERDICT_UNKNOWN);
	test_free(hops);
}

static void knows_kernels(void **state)
{
	const struct allow_list_entry *recent = allow_list_find(0x10de, 0x2f95);
	const struct allow_list_entry *old = allow_list_find(0x8086, 0x3c01);

	assert_int_equal(allow_list_kernel("6.12.107-amd64"), ALLOW_LIST_KERNEL(6, 12));
	assert_int_equal(allow_list_kernel("7.3"), ALLOW_LIST_KERNEL(7, 3));
	assert_int_equal(allow_list_kernel(""), 0);
	assert_int_equal(allow_list_kernel("7"), 0);
	assert_int_equal(allow_list_kernel("7."), 0);
	assert_int_equal(allow_list_kernel("-7.3"), 0);
	assert_int_equal(allow_list_kernel("7777.3"), 0);
	assert_int_equal(allow_list_kernel("banana"), 0);
	assert_non_null(recent);
	assert_int_equal(allow_list_has(recent, allow_list_kernel("6.8.0")), PATH_NO);
	assert_int_equal(allow_list_has(recent, allow_list_kernel("6.12.1")), PATH_NO);
	assert_int_equal(allow_list_has(recent, allow_list_kernel("6.18.15")), PATH_UNKNOWN);
	assert_int_equal(allow_list_has(recent, allow_list_kernel("7.3.4")), PATH_YES);
	assert_int_equal(allow_list_has(recent, 0), PATH_UNKNOWN);
	assert_int_equal(old->flags, ALLOW_LIST_SAME_BRIDGE);
	assert_int_equal(allow_list_has(old, 0), PATH_YES);
	assert_non_null(allow_list_find(0x1ae0, 0xffff));
	assert_null(allow_list_find(0x10de, 0x09a2));
	assert_null(allow_list_find(0, 0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(orders_hops_of_a_switch),
		cmocka_unit_test(orders_hops_of_two_host_bridges),
		cmocka_unit_test(orders_hops_of_one_function),
		cmocka_unit_test(identifies_host_bridges),
		cmocka_unit_test(survives_odd_models),
		cmocka_unit_test(refuses_what_makes_no_path),
		cmocka_unit_test(survives_garbage),
		cmocka_unit_test(knows_kernels),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
