// SPDX-License-Identifier: LGPL-2.1-or-later
/* Which function reaches which region: verdicts, checked against what reads do. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "driver-test.h"

/*
 * Whether two functions are below one port: the sysfs folder of the first one
 * below the host bridge is then the same.
 */
static bool share_port(const char *a, const char *b)
{
	char link[64], root[2][512] = { "", "" };
	const char *bdf[] = { a, b };

	for (int i = 0; i < 2; i++) {
		char *path, *end;

		snprintf(link, sizeof(link), "/sys/bus/pci/devices/%s", bdf[i]);
		path = realpath(link, NULL);
		if (!path)
			return false;
		end = strstr(path, "/pci");
		end = end ? strchr(end + 1, '/') : NULL;
		end = end ? strchr(end + 1, '/') : NULL;
		if (end)
			*end = '\0';
		snprintf(root[i], sizeof(root[i]), "%s", path);
		free(path);
	}
	return !strcmp(root[0], root[1]);
}

static void test_query(struct lab *lab)
{
	for (size_t i = 0; i < lab->n_nvme; i++) {
		struct p2pmem_query query = { .size = sizeof(query),
					      .provider = lab->info.provider,
					      .client = lab->nvme[i].address };
		bool usable;

		check_errno(ioctl(lab->control, P2PMEM_CONTROL_QUERY, &query), 0);
		usable = query.verdict != P2PMEM_VERDICT_UNSUPPORTED;
		note("%s to %s: distance %d, verdict %u", lab->nvme[i].bdf, lab->provider,
		     query.distance, query.verdict);
		check(usable == (query.distance >= 0));
		if (query.verdict == P2PMEM_VERDICT_BUS)
			check(share_port(lab->nvme[i].bdf, lab->provider));
		if (!strcmp(lab->nvme[i].bdf, lab->provider))
			check(query.distance == 0 && query.verdict == P2PMEM_VERDICT_BUS);
		if (*lab->nvme[i].disk)
			check(can_read(lab, lab->nvme[i].disk) == usable);
	}
	if (!lab->n_nvme)
		skip("no NVMe function");
}

static void test_query_refused(struct lab *lab)
{
	struct p2pmem_query query = { .size = sizeof(query),
				      .provider = lab->info.provider,
				      .client = { .domain = 0xffff } };

	check_errno(ioctl(lab->control, P2PMEM_CONTROL_QUERY, &query), ENODEV);
	query.client = lab->info.provider;
	query.provider = (struct p2pmem_pci_address){ 0 };
	check_errno(ioctl(lab->control, P2PMEM_CONTROL_QUERY, &query), ENODEV);
	query.provider = lab->info.provider;
	query.provider.reserved = 1;
	check_errno(ioctl(lab->control, P2PMEM_CONTROL_QUERY, &query), EINVAL);
	query.provider.reserved = 0;
	query.flags = 1;
	check_errno(ioctl(lab->control, P2PMEM_CONTROL_QUERY, &query), EINVAL);
}

#define HOPS 32
#define BOTH (P2PMEM_HOP_PROVIDER_SIDE | P2PMEM_HOP_CLIENT_SIDE)
#define REDIRECTS 0x2c /* Request and Completion Redirect, Egress Control */

static void address_of(char ret[16], const struct p2pmem_hop *hop)
{
	snprintf(ret, 16, "%04x:%02x:%02x.%u", hop->address.domain, hop->address.bus,
		 hop->address.devfn >> 3, hop->address.devfn & 7);
}

/* What sysfs says of the same function. */
static void check_ids(const struct p2pmem_hop *hop)
{
	uint64_t vendor = 0, device = 0;
	char bdf[16];

	address_of(bdf, hop);
	check(read_number(&vendor, "/sys/bus/pci/devices/%s/vendor", bdf));
	check(read_number(&device, "/sys/bus/pci/devices/%s/device", bdf));
	check(hop->vendor == vendor && hop->device == device);
}

/* A side is what the sysfs path of its function shows, from the end. */
static void check_side(const char *bdf, const struct p2pmem_hop *hops, uint32_t n, uint32_t side)
{
	char link[64], up[16];
	char *path, *slash;

	snprintf(link, sizeof(link), "/sys/bus/pci/devices/%s", bdf);
	path = realpath(link, NULL);
	for (uint32_t i = 0; i < n; i++) {
		/* What both sides share stands with the provider's, and after the client's own. */
		const struct p2pmem_hop *hop = &hops[i];

		if (!(hop->flags & side) || hop->kind == P2PMEM_HOP_HOST_BRIDGE ||
		    (side == P2PMEM_HOP_CLIENT_SIDE && (hop->flags & BOTH) == BOTH))
			continue;
		address_of(up, hop);
		slash = strrchr(path, '/');
		check(slash && !strcmp(slash + 1, up));
		if (slash)
			*slash = '\0';
	}
	free(path);
}

/* The verdict follows from the hops as the header says it does. */
static bool turns(const struct p2pmem_hop *hops, uint32_t n)
{
	bool turned = false;

	for (uint32_t i = 0; i < n; i++) {
		bool both = (hops[i].flags & BOTH) == BOTH;

		if (both && turned)
			continue;
		if (both && hops[i].kind == P2PMEM_HOP_HOST_BRIDGE)
			return false;
		if (hops[i].acs_control & REDIRECTS)
			return false;
		turned |= both;
	}
	return turned;
}

static void check_hops(struct lab *lab, const struct nvme *client)
{
	struct p2pmem_hop hops[HOPS] = { 0 };
	struct p2pmem_query query = { .size = sizeof(query),
				      .provider = lab->info.provider,
				      .client = client->address,
				      .hops = (uintptr_t)hops,
				      .hop_size = sizeof(hops[0]),
				      .hop_capacity = HOPS };

	if (!check_errno(ioctl(lab->control, P2PMEM_CONTROL_QUERY, &query), 0))
		return;
	check(query.hop_count >= 2 && query.hop_count <= HOPS);
	for (uint32_t i = 0; i < query.hop_count; i++) {
		const struct p2pmem_hop *hop = &hops[i];

		check(hop->size == sizeof(*hop) && hop->reserved == 0 && (hop->flags & BOTH));
		check((hop->flags & P2PMEM_HOP_ACS) || (!hop->acs_capability && !hop->acs_control));
		if (hop->vendor)
			check_ids(hop);
	}
	check(hops[0].kind == P2PMEM_HOP_ENDPOINT);
	check(!memcmp(&hops[0].address, &query.provider, sizeof(query.provider)));
	check_side(lab->provider, hops, query.hop_count, P2PMEM_HOP_PROVIDER_SIDE);
	check_side(client->bdf, hops, query.hop_count, P2PMEM_HOP_CLIENT_SIDE);
	check(turns(hops, query.hop_count) == (query.verdict == P2PMEM_VERDICT_BUS));
}

static void test_hops(struct lab *lab)
{
	for (size_t i = 0; i < lab->n_nvme; i++)
		check_hops(lab, &lab->nvme[i]);
	if (!lab->n_nvme)
		skip("no NVMe function");
}

static void test_hop_entries(struct lab *lab)
{
	struct {
		struct p2pmem_hop hop;
		uint32_t tail;
	} longer[2] = { [0].tail = 1, [1].hop.size = 7 };
	struct p2pmem_query query = { .size = sizeof(query),
				      .provider = lab->info.provider,
				      .client = lab->info.provider,
				      .hops = (uintptr_t)longer,
				      .hop_size = sizeof(longer[0]),
				      .hop_capacity = 1 };

	/* More than there is room for: counted, not written. */
	check_errno(ioctl(lab->control, P2PMEM_CONTROL_QUERY, &query), 0);
	check(query.hop_count >= 2 && longer[1].hop.size == 7);
	check(longer[0].tail == 0 && longer[0].hop.size == sizeof(longer[0].hop));

	query.hop_size = sizeof(struct p2pmem_hop) - 1;
	check_errno(ioctl(lab->control, P2PMEM_CONTROL_QUERY, &query), EINVAL);
	query.hop_size = 1 << 20;
	check_errno(ioctl(lab->control, P2PMEM_CONTROL_QUERY, &query), E2BIG);
	query.hop_size = sizeof(longer[0]);
	query.hops = 8;
	check_errno(ioctl(lab->control, P2PMEM_CONTROL_QUERY, &query), EFAULT);
	query.reserved = 1;
	check_errno(ioctl(lab->control, P2PMEM_CONTROL_QUERY, &query), EINVAL);
}

/* As programs made before there were hops ask. */
static void test_first_release(struct lab *lab)
{
	struct p2pmem_query query = { .size = offsetof(struct p2pmem_query, hops),
				      .provider = lab->info.provider,
				      .client = lab->info.provider,
				      .hop_count = 77 };

	check_errno(ioctl(lab->control, P2PMEM_CONTROL_QUERY, &query), 0);
	check(query.verdict == P2PMEM_VERDICT_BUS && query.hop_count == 77);
	query.size--;
	check_errno(ioctl(lab->control, P2PMEM_CONTROL_QUERY, &query), EINVAL);
}

/* The first bridge on the way up is one. */
static void test_bridge_is_no_client(struct lab *lab)
{
	struct p2pmem_hop hops[2];
	struct p2pmem_query query = { .size = sizeof(query),
				      .provider = lab->info.provider,
				      .client = lab->info.provider,
				      .hops = (uintptr_t)hops,
				      .hop_size = sizeof(hops[0]),
				      .hop_capacity = 2 };

	check_errno(ioctl(lab->control, P2PMEM_CONTROL_QUERY, &query), 0);
	check(hops[1].kind == P2PMEM_HOP_ROOT_PORT || hops[1].kind == P2PMEM_HOP_DOWNSTREAM_PORT);
	query.client = hops[1].address;
	check_errno(ioctl(lab->control, P2PMEM_CONTROL_QUERY, &query), EINVAL);
}

const struct test query_tests[] = {
	{ "verdicts agree with what a read does", test_query },
	{ "queries about what is not there are refused", test_query_refused },
	{ "hops are what sysfs shows, and explain the verdict", test_hops },
	{ "hop entries may be longer, not shorter", test_hop_entries },
	{ "callers that know no hops get none", test_first_release },
	{ "a bridge is no client", test_bridge_is_no_client },
	{ 0 },
};
