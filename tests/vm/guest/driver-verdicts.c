// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * What QUERY says of each pair is what the machine is known for, and what a
 * real O_DIRECT read does:
 *
 *   driver-verdicts SERIAL=VERDICT...   bus, bridge or unsupported
 *   driver-verdicts none                there is no region at all
 *
 * SERIAL is that of a drive, which is overwritten at its start.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <unistd.h>

#include "load.h"

#define LENGTH (64 * KIB)
#define LIMIT_S 120

static const char *const verdicts[] = {
	[P2PMEM_VERDICT_UNKNOWN] = "unknown",
	[P2PMEM_VERDICT_UNSUPPORTED] = "unsupported",
	[P2PMEM_VERDICT_BRIDGE] = "bridge",
	[P2PMEM_VERDICT_BUS] = "bus",
};

static bool has_serial(const struct nvme *nvme, const char *serial, size_t length)
{
	char path[128], text[64] = "";
	int fd;

	snprintf(path, sizeof(path), "/sys/class/block/%s/device/serial",
		 nvme->disk + strlen("/dev/"));
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || read(fd, text, sizeof(text) - 1) <= 0)
		text[0] = '\0';
	close(fd);
	return !strncmp(text, serial, length) && strchr(" \n", text[length]);
}

static const struct nvme *find_drive(const struct lab *lab, const char *serial, size_t length)
{
	for (size_t i = 0; i < lab->n_nvme; i++)
		if (*lab->nvme[i].disk && has_serial(&lab->nvme[i], serial, length))
			return &lab->nvme[i];
	return NULL;
}

static const char *ask(const struct lab *lab, const struct nvme *client)
{
	struct p2pmem_query query = { .size = sizeof(query),
				      .provider = lab->info.provider,
				      .client = client->address };

	if (ioctl(lab->control, P2PMEM_CONTROL_QUERY, &query) < 0)
		return strerror(errno);
	return query.verdict < sizeof(verdicts) / sizeof(verdicts[0]) ? verdicts[query.verdict] :
									"no verdict";
}

/* Something new is on the disk, so nothing older can pass for it. */
static bool arrives(const struct lab *lab, const struct nvme *client)
{
	int disk = open(client->disk, O_RDWR | O_DIRECT | O_CLOEXEC);
	char *host = mmap(NULL, LENGTH, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char *memory = map(lab->region, LENGTH);
	uint64_t word;
	bool ok;

	check(getrandom(&word, sizeof(word), 0) == sizeof(word) && memory != MAP_FAILED);
	fill(host, word, LENGTH);
	check(pwrite(disk, host, LENGTH, 0) == (ssize_t)LENGTH);
	ok = pread(disk, memory, LENGTH, 0) == (ssize_t)LENGTH;
	check(is_filled(memory, ok ? word : 0, LENGTH));
	munmap(memory, LENGTH);
	munmap(host, LENGTH);
	close(disk);
	return ok;
}

static void check_pair(const struct lab *lab, const char *expectation)
{
	const char *wanted = strchr(expectation, '='), *said;
	const struct nvme *client;

	if (!check(wanted))
		return;
	client = find_drive(lab, expectation, wanted - expectation);
	if (!check(client))
		return;
	said = ask(lab, client);
	note("%s is at %s: %s", expectation, client->bdf, said);
	check(!strcmp(said, wanted + 1));
	check(arrives(lab, client) == (strcmp(said, "unsupported") != 0));
}

static void check_none(void)
{
	struct p2pmem_query query = { .size = sizeof(query) };
	struct lab lab = { .control = open("/dev/p2pmem-control", O_RDWR | O_CLOEXEC) };

	check(lab.control >= 0 && !lab_find_region(&lab) && !count_buffers(&lab));
	check_errno(ioctl(lab.control, P2PMEM_CONTROL_QUERY, &query), ENODEV);
	check(access("/dev/p2pmem0", F_OK) < 0);
}

static void check_pairs(int argc, char **argv)
{
	struct lab lab = { 0 };

	lab_open(&lab);
	for (int i = 1; i < argc; i++)
		check_pair(&lab, argv[i]);
	check_quiet(&lab);
}

int main(int argc, char **argv)
{
	begin_test("verdicts are what a read does", LIMIT_S);
	if (argc == 2 && !strcmp(argv[1], "none"))
		check_none();
	else if (check(argc > 1))
		check_pairs(argc, argv);
	end_test();
	return end_tests();
}
