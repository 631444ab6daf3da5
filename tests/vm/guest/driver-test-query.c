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

const struct test query_tests[] = {
	{ "verdicts agree with what a read does", test_query },
	{ "queries about what is not there are refused", test_query_refused },
	{ 0 },
};
