/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * lib-test [--mock] SOCKET DEVICE FAR: libp2pmem against a broker, as programs
 * link it. DEVICE reaches a region, FAR does not; "-" as SOCKET is the usual
 * one. With --mock what only a driver can do is left out, and the devices are
 * named by PCI address. Prints TAP.
 *
 * What is borrowed is the caller's own, so that an ordinary user will do. The
 * reading of the policy is for root, and refused to others.
 */
#include <err.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/vm/guest/lib-test.h"

static bool failed;

static const struct {
	const char *name;
	void (*run)(const struct place *p);
	bool real; /* on a driver only */
} tests[] = {
	{ "a broker says who it is", test_served, false },
	{ "its numbers add up", test_numbers, false },
	{ "its policy is read anew for root, and for nobody else", test_policy, false },
	{ "what happens is told", test_monitor, false },
	{ "being told can be cancelled", test_monitor_cancelled, false },
	{ "a buffer is what it says", test_buffer, false },
	{ "a device out of reach is fallen back from", test_far, false },
	{ "a descriptor that was handed over is a buffer", test_handed_over, true },
	{ "notice and revocation are waited for", test_notice_and_revocation, true },
	{ "a revoked buffer is survived in the handler of SIGBUS", test_survival, true },
	{ "a detached buffer is free", test_given_back, true },
	{ "transfers go on while a buffer is detached", test_detached_under_transfers, true },
	{ "transfers go on after revocation, once detached", test_revoked_under_transfers, true },
};

bool check_at(bool condition, const char *what, const char *file, int line)
{
	if (!condition) {
		printf("# %s:%d: not so: %s\n", file, line, what);
		failed = true;
	}
	return condition;
}

struct p2pmem_client *connect_client(const struct place *p)
{
	struct p2pmem_connect_options o = {
		.struct_size = sizeof(o),
		.socket_path = p->socket,
	};
	struct p2pmem_client *c;

	if (p2pmem_client_new(&c) < 0 || p2pmem_client_connect(c, &o) < 0)
		errx(1, "cannot connect to the broker");
	return c;
}

struct p2pmem_buffer *borrow(struct p2pmem_client *c, const struct place *p, size_t size,
			     char **ret_memory)
{
	struct p2pmem_allocate_options o = {
		.struct_size = sizeof(o),
		.size = size,
		.devices = &p->device,
		.n_devices = 1,
		.name = "lib-test",
	};
	struct p2pmem_buffer *b;
	void *memory;

	if (p2pmem_allocate(c, &o, &b) < 0)
		errx(1, "%s", p2pmem_errmsg(c));
	if (p2pmem_buffer_map(b, &memory) < 0)
		err(1, "mmap");
	*ret_memory = memory;
	return b;
}

bool end_lease(struct p2pmem_client *c, const struct p2pmem_buffer *b, unsigned long grace_usec)
{
	struct p2pmem_revoke_options o = {
		.struct_size = sizeof(o),
		.lease = p2pmem_buffer_lease(b)->id,
		.grace_usec = grace_usec,
	};
	uint64_t leases;

	return p2pmem_revoke_leases(c, &o, &leases) == 0 && leases == 1;
}

unsigned long long free_bytes(struct p2pmem_client *c, const struct p2pmem_buffer *b)
{
	struct p2pmem_region *regions;
	unsigned long long n = 0;

	if (p2pmem_list_regions(c, &regions) < 0)
		errx(1, "%s", p2pmem_errmsg(c));
	for (const struct p2pmem_region *r = regions; r; r = r->next)
		if (strcmp(r->name, p2pmem_buffer_lease(b)->region) == 0)
			n = r->free;
	p2pmem_list_free(regions);
	return n;
}

static unsigned int run(const struct place *p, unsigned int *failures)
{
	unsigned int n = 0;

	for (size_t i = 0; i < sizeof(tests) / sizeof(*tests); i++) {
		if (tests[i].real && !p->real)
			continue;
		failed = false;
		tests[i].run(p);
		printf("%sok %u - %s\n", failed ? "not " : "", ++n, tests[i].name);
		*failures += failed;
	}
	return n;
}

int main(int argc, char **argv)
{
	bool mock = argc > 1 && strcmp(argv[1], "--mock") == 0;
	struct place p = { .real = !mock };
	unsigned int failures = 0;

	argv += 1 + mock;
	if (argc != 4 + mock)
		errx(2, "usage: lib-test [--mock] SOCKET DEVICE FAR");
	setvbuf(stdout, NULL, _IOLBF, 0);
	p.socket = strcmp(argv[0], "-") == 0 ? NULL : argv[0];
	p.device = argv[1];
	p.far = argv[2];
	printf("1..%u\n", run(&p, &failures));
	return failures ? 1 : 0;
}
