// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Devices whose BAR is memory, bound to p2pmem-bar. The lab's is QEMU's
 * ivshmem-plain: BAR 0 has registers, BAR 1 is not there, BAR 2 is the memory.
 */
#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "driver-test.h"

#define LENGTH (256 * KIB)
#define VENDOR 0x1af4
#define DEVICE 0x1110
#define DRIVER "/sys/bus/pci/drivers/p2pmem-bar"
#define BAR "/sys/module/p2pmem/parameters/bar"

static int write_attribute(const char *bdf, const char *name, const char *text)
{
	char path[80];

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/%s", bdf, name);
	return write_text(path, text);
}

/* The lab's view, with such a device as its provider; false if there is none. */
static bool find_card(const struct lab *lab, struct lab *ret)
{
	DIR *dir = opendir("/sys/bus/pci/devices");
	struct dirent *entry;
	bool found = false;

	*ret = *lab;
	ret->region = -1;
	while (dir && !found && (entry = readdir(dir))) {
		uint64_t vendor = 0, device = 0;

		if (*entry->d_name == '.')
			continue;
		read_number(&vendor, "/sys/bus/pci/devices/%s/vendor", entry->d_name);
		read_number(&device, "/sys/bus/pci/devices/%s/device", entry->d_name);
		found = vendor == VENDOR && device == DEVICE;
		if (found)
			snprintf(ret->provider, sizeof(ret->provider), "%.15s", entry->d_name);
	}
	if (dir)
		closedir(dir);
	if (!found)
		skip("no device whose BAR is memory");
	return found;
}

static bool bind_card(struct lab *card)
{
	check_errno(write_attribute(card->provider, "driver_override", "p2pmem-bar"), 0);
	if (!check_errno(write_text(DRIVER "/bind", card->provider), 0))
		return false;
	check(lab_find_region(card));
	lab_reopen_region(card);
	card->available = lab_available(card);
	return check(card->available >= 2 * MIB);
}

static void unbind_card(struct lab *card)
{
	check_errno(write_text(DRIVER "/unbind", card->provider), 0);
	check_errno(write_attribute(card->provider, "driver_override", "\n"), 0);
	check(!lab_find_region(card));
	lab_close_region(card);
}

static void test_bound(struct lab *lab)
{
	struct lab card;
	char *memory;
	int fd;

	if (!find_card(lab, &card) || !bind_card(&card))
		return;
	fd = alloc(&card, LENGTH);
	memory = map(fd, LENGTH);
	check(is_filled(memory, 0, LENGTH));
	fill(memory, 0x5a5a, LENGTH);
	check(is_filled(memory, 0x5a5a, LENGTH));
	munmap(memory, LENGTH);
	close(fd);
	check(lab_available(&card) == card.available);
	fd = alloc(&card, LENGTH);
	memory = map(fd, LENGTH);
	check(is_filled(memory, 0, LENGTH));
	munmap(memory, LENGTH);
	close(fd);
	unbind_card(&card);
}

static void test_reads(struct lab *lab)
{
	struct lab card;

	if (!find_card(lab, &card) || !bind_card(&card))
		return;
	for (size_t i = 0; i < lab->n_nvme; i++) {
		struct p2pmem_query query = { .size = sizeof(query),
					      .provider = card.info.provider,
					      .client = lab->nvme[i].address };

		if (!*lab->nvme[i].disk)
			continue;
		check_errno(ioctl(lab->control, P2PMEM_CONTROL_QUERY, &query), 0);
		check(can_read(&card, lab->nvme[i].disk) ==
		      (query.verdict != P2PMEM_VERDICT_UNSUPPORTED));
	}
	unbind_card(&card);
}

static void test_unbound(struct lab *lab)
{
	struct pollfd pollfd = { 0 };
	struct lab card;
	char *memory;

	if (!find_card(lab, &card) || !bind_card(&card))
		return;
	pollfd.fd = alloc(&card, LENGTH);
	memory = map(pollfd.fd, LENGTH);
	fill(memory, 1, LENGTH);
	unbind_card(&card);
	check(touch(memory) == SIGBUS);
	check(poll(&pollfd, 1, 0) == 1 && pollfd.revents == POLLHUP);
	munmap(memory, LENGTH);
	close(pollfd.fd);
}

static bool next_is(int events, uint32_t type, const struct p2pmem_pci_address *provider)
{
	struct p2pmem_event event;

	do
		if (read(events, &event, sizeof(event)) != sizeof(event))
			return false;
	while (memcmp(&event.provider, provider, sizeof(*provider)));
	return event.type == type;
}

/* A reset ends all that was lent, and the memory is there again afterwards. */
static void test_reset(struct lab *lab)
{
	int events = open("/dev/p2pmem-control", O_RDWR | O_CLOEXEC | O_NONBLOCK);
	struct pollfd pollfd = { 0 };
	struct lab card;
	char *memory;

	if (!find_card(lab, &card) || !bind_card(&card))
		return;
	pollfd.fd = alloc(&card, LENGTH);
	memory = map(pollfd.fd, LENGTH);
	fill(memory, 1, LENGTH);
	check_errno(write_attribute(card.provider, "reset", "1"), 0);
	check(touch(memory) == SIGBUS);
	check(poll(&pollfd, 1, 0) == 1 && pollfd.revents == POLLHUP);
	check_errno(alloc(&card, LENGTH), ENODEV);
	munmap(memory, LENGTH);
	close(pollfd.fd);

	check(next_is(events, P2PMEM_EVENT_REGION_ADDED, &card.info.provider));
	check(next_is(events, P2PMEM_EVENT_REGION_GONE, &card.info.provider));
	check(next_is(events, P2PMEM_EVENT_REVOKED, &card.info.provider));
	check(next_is(events, P2PMEM_EVENT_FREED, &card.info.provider));
	check(next_is(events, P2PMEM_EVENT_REGION_ADDED, &card.info.provider));
	close(events);

	lab_close_region(&card);
	lab_reopen_region(&card);
	check(lab_available(&card) == card.available);
	pollfd.fd = alloc(&card, LENGTH);
	memory = map(pollfd.fd, LENGTH);
	check(is_filled(memory, 0, LENGTH));
	munmap(memory, LENGTH);
	close(pollfd.fd);
	unbind_card(&card);
}

static void test_new_id(struct lab *lab)
{
	struct lab card;
	char id[16];

	if (!find_card(lab, &card))
		return;
	snprintf(id, sizeof(id), "%x %x", VENDOR, DEVICE);
	check_errno(write_text(DRIVER "/new_id", id), 0);
	check(lab_find_region(&card));
	check_errno(write_text(DRIVER "/remove_id", id), 0);
	check_errno(write_text(DRIVER "/unbind", card.provider), 0);
	check(!lab_find_region(&card));
	check_errno(write_text(DRIVER "/bind", card.provider), ENODEV);
}

static void test_bars_refused(struct lab *lab)
{
	static const char *const bars[] = { "0", "1", "6", "2147483647" };
	struct lab card;

	if (!find_card(lab, &card))
		return;
	check_errno(write_attribute(card.provider, "driver_override", "p2pmem-bar"), 0);
	for (size_t i = 0; i < sizeof(bars) / sizeof(bars[0]); i++) {
		check_errno(write_text(BAR, bars[i]), 0);
		check_errno(write_text(DRIVER "/bind", card.provider), EINVAL);
		check(!lab_find_region(&card));
	}
	check_errno(write_text(BAR, "2"), 0);
	if (bind_card(&card))
		unbind_card(&card);
	check_errno(write_text(BAR, "-1"), 0);
}

const struct test bar_tests[] = {
	{ "a bound device is a region, cleared like others", test_bound },
	{ "reads arrive in it as the verdict says", test_reads },
	{ "unbinding revokes", test_unbound },
	{ "a reset revokes and begins anew", test_reset },
	{ "new_id binds as well", test_new_id },
	{ "BARs that are no memory are refused", test_bars_refused },
	{ 0 },
};
