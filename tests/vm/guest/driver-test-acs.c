// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * What ACS redirection does to a verdict. Needs a provider and a disk's
 * function below one port that has the capability. The kernel keeps verdicts;
 * asking must refresh them, so that reads go by the new one.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "driver-test.h"

#define FIRST_EXTENDED 0x100
#define ACS_ID 0x0d
#define ACS_CONTROL 6
#define REQUEST_REDIRECT 0x04

/* Configuration space of the port above a function; -1 if there is none. */
static int open_port(const char *bdf, char ret_port[512])
{
	char link[64], path[512];
	char *real, *slash;

	snprintf(link, sizeof(link), "/sys/bus/pci/devices/%s", bdf);
	real = realpath(link, NULL);
	if (!real)
		return -1;
	slash = strrchr(real, '/');
	*slash = '\0';
	snprintf(ret_port, 512, "%s", real);
	snprintf(path, sizeof(path), "%.490s/config", real);
	free(real);
	return open(path, O_RDWR | O_CLOEXEC);
}

/* Offset of the ACS capability; 0 if there is none. */
static off_t find_acs(int config)
{
	off_t at = FIRST_EXTENDED;
	uint32_t header;

	while (at && pread(config, &header, sizeof(header), at) == sizeof(header)) {
		if ((header & 0xffff) == ACS_ID)
			return at;
		at = header >> 20;
	}
	return 0;
}

static uint32_t verdict_of(struct lab *lab, const struct nvme *client)
{
	struct p2pmem_query query = { .size = sizeof(query),
				      .provider = lab->info.provider,
				      .client = client->address };

	check_errno(ioctl(lab->control, P2PMEM_CONTROL_QUERY, &query), 0);
	return query.verdict;
}

static bool arrives(struct lab *lab, const struct nvme *client)
{
	return can_read(lab, client->disk) ==
	       (verdict_of(lab, client) != P2PMEM_VERDICT_UNSUPPORTED);
}

static void set_control(int config, off_t acs, uint16_t control)
{
	check(pwrite(config, &control, sizeof(control), acs + ACS_CONTROL) == sizeof(control));
}

static void redirect(struct lab *lab, const struct nvme *client, int config, off_t acs)
{
	uint16_t before;

	if (!check(pread(config, &before, sizeof(before), acs + ACS_CONTROL) == sizeof(before)))
		return;
	check(verdict_of(lab, client) == P2PMEM_VERDICT_BUS);
	check(arrives(lab, client));

	set_control(config, acs, before | REQUEST_REDIRECT);
	check(verdict_of(lab, client) != P2PMEM_VERDICT_BUS);
	check(arrives(lab, client));

	set_control(config, acs, before);
	check(verdict_of(lab, client) == P2PMEM_VERDICT_BUS);
	check(arrives(lab, client));
}

static const struct nvme *sibling(struct lab *lab, const char *port)
{
	char path[512];

	for (size_t i = 0; i < lab->n_nvme; i++) {
		int config = open_port(lab->nvme[i].bdf, path);

		close(config);
		if (strcmp(lab->nvme[i].bdf, lab->provider) && *lab->nvme[i].disk && config >= 0 &&
		    !strcmp(path, port))
			return &lab->nvme[i];
	}
	return NULL;
}

static void test_acs(struct lab *lab)
{
	char port[512] = "";
	int config = open_port(lab->provider, port);
	const struct nvme *client = sibling(lab, port);
	off_t acs = config < 0 ? 0 : find_acs(config);

	if (!client || !acs)
		skip("provider and a disk are not below one port with ACS");
	else
		redirect(lab, client, config, acs);
	close(config);
}

const struct test acs_tests[] = {
	{ "redirection by ACS changes verdict and reads alike", test_acs },
	{ 0 },
};
