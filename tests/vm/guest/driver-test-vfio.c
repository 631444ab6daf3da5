// SPDX-License-Identifier: LGPL-2.1-or-later
/* Functions that are handed to user space. Needs an IOMMU. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "driver-test.h"

#define VFIO "/sys/bus/pci/drivers/vfio-pci"
#define GROUPS "/sys/kernel/iommu_groups/0"
#define SELFTEST "/sys/kernel/debug/p2pmem/selftest"

static bool has_vfio(void)
{
	if (access(VFIO, F_OK) < 0 && system("modprobe vfio-pci") != 0)
		note("modprobe vfio-pci failed");
	if (access(VFIO, F_OK) == 0 && access(GROUPS, F_OK) == 0)
		return true;
	skip("no vfio-pci, or no IOMMU");
	return false;
}

static bool bind_to(const char *bdf, const char *from, const char *to)
{
	char path[96];

	snprintf(path, sizeof(path), "/sys/bus/pci/drivers/%s/unbind", from);
	check_errno(write_text(path, bdf), 0);
	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/driver_override", bdf);
	check_errno(write_text(path, to), 0);
	snprintf(path, sizeof(path), "/sys/bus/pci/drivers/%s/bind", to);
	return check_errno(write_text(path, bdf), 0);
}

static void forget_override(const char *bdf)
{
	char path[96];

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/driver_override", bdf);
	check_errno(write_text(path, "\n"), 0);
}

static int query(struct lab *lab, const struct p2pmem_pci_address *provider,
		 const struct p2pmem_pci_address *client, uint32_t *verdict)
{
	struct p2pmem_query query = { .size = sizeof(query),
				      .provider = *provider,
				      .client = *client };
	int result = ioctl(lab->control, P2PMEM_CONTROL_QUERY, &query);

	*verdict = query.verdict;
	return result;
}

/* Mapping for a device is its driver's; what is user space's is left alone. */
static void check_selftest_refuses(const struct lab *lab, const char *client)
{
	int fd = open(SELFTEST, O_RDWR | O_CLOEXEC);
	char pair[40];

	snprintf(pair, sizeof(pair), "%s %s", lab->provider, client);
	check_errno(write(fd, pair, strlen(pair)), EBUSY);
	close(fd);
}

static void test_client(struct lab *lab)
{
	const struct nvme *client = NULL;
	uint32_t before = 0, after = 0;

	for (size_t i = 0; i < lab->n_nvme; i++)
		if (strcmp(lab->nvme[i].bdf, lab->provider))
			client = &lab->nvme[i];
	if (!has_vfio())
		return;
	if (!client) {
		skip("no NVMe function beside the provider");
		return;
	}
	check_errno(query(lab, &lab->info.provider, &client->address, &before), 0);
	if (bind_to(client->bdf, "nvme", "vfio-pci")) {
		check_errno(query(lab, &lab->info.provider, &client->address, &after), 0);
		check(before == after);
		check_selftest_refuses(lab, client->bdf);
	}
	bind_to(client->bdf, "vfio-pci", "nvme");
	forget_override(client->bdf);
}

static void test_provider(struct lab *lab)
{
	struct p2pmem_rescan rescan = { .size = sizeof(rescan) };
	uint32_t verdict;

	if (!has_vfio())
		return;
	lab_close_region(lab);
	if (bind_to(lab->provider, "nvme", "vfio-pci")) {
		check(!lab_find_region(lab));
		check_errno(ioctl(lab->control, P2PMEM_CONTROL_RESCAN, &rescan), 0);
		check(!lab_find_region(lab));
		check_errno(query(lab, &lab->info.provider, &lab->info.provider, &verdict), ENODEV);
	}
	bind_to(lab->provider, "vfio-pci", "nvme");
	forget_override(lab->provider);
	lab_reopen_region(lab);
}

const struct test vfio_tests[] = {
	{ "a client bound to vfio-pci has the same verdict", test_client },
	{ "a provider bound to vfio-pci has no region", test_provider },
	{ 0 },
};
