// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Faults where regions come from: a provider's driver that is bound, a device
 * whose BAR is memory, and the module itself.
 */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "faults.h"

#define CARD_VENDOR 0x1af4
#define CARD_DEVICE 0x1110 /* QEMU's ivshmem-plain */
#define CARD_DRIVER "/sys/bus/pci/drivers/p2pmem-bar"

static int drive_provider(const struct lab *lab, const char *file)
{
	char path[64];

	snprintf(path, sizeof(path), "/sys/bus/pci/drivers/nvme/%s", file);
	return write_text(path, lab->provider);
}

/* Whatever has failed, a rescan brings the region, and it works. */
static bool region_works(struct lab *lab)
{
	struct p2pmem_rescan request = { .size = sizeof(request) };
	bool ok;

	check_errno(ioctl(lab->control, P2PMEM_CONTROL_RESCAN, &request), 0);
	lab_reopen_region(lab);
	ok = check(use_node_mapping(lab)) && check_quiet(lab);
	lab_close_region(lab);
	return ok;
}

static int load_module(const struct lab *lab)
{
	int file = open(lab->module, O_RDONLY | O_CLOEXEC), result;

	result = syscall(SYS_finit_module, file, "", 0);
	close(file);
	return result;
}

static void reopen_control(struct lab *lab)
{
	lab->control = open("/dev/p2pmem-control", O_RDWR | O_CLOEXEC);
	check(lab->control >= 0);
}

/* Loads with the @nth allocation failing; false once there was none to fail. */
static bool load_with_fault(struct lab *lab, unsigned int nth, unsigned int *refused)
{
	unsigned int left;
	int result;

	arm(nth);
	result = load_module(lab);
	left = disarm();
	*refused += result < 0;
	if (result < 0 && !check_errno(load_module(lab), 0))
		return false;
	reopen_control(lab);
	return region_works(lab) && !left;
}

void sweep_loading(struct lab *lab)
{
	unsigned int nth = 0, refused = 0;

	lab_close_region(lab);
	do {
		close(lab->control);
		if (!check_errno(syscall(SYS_delete_module, "p2pmem", O_NONBLOCK), 0))
			return;
	} while (load_with_fault(lab, ++nth, &refused));
	check(refused > 1);
	note("%u allocations failed, %u times the module was refused", nth - 1, refused);
	lab_reopen_region(lab);
}

/* ---- a device whose BAR is memory ------------------------------------------ */

static bool is_card(const char *bdf)
{
	uint64_t vendor = 0, device = 0;

	return read_number(&vendor, "/sys/bus/pci/devices/%s/vendor", bdf) &&
	       read_number(&device, "/sys/bus/pci/devices/%s/device", bdf) &&
	       vendor == CARD_VENDOR && device == CARD_DEVICE;
}

static bool find_card(struct lab *card)
{
	DIR *dir = opendir("/sys/bus/pci/devices");
	struct dirent *entry;
	bool found = false;

	while (dir && !found && (entry = readdir(dir)))
		if (entry->d_name[0] != '.' && is_card(entry->d_name)) {
			snprintf(card->provider, sizeof(card->provider), "%.15s", entry->d_name);
			found = true;
		}
	if (dir)
		closedir(dir);
	return found;
}

static void override_driver(const struct lab *card, const char *driver)
{
	char path[80];

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/driver_override", card->provider);
	check_errno(write_text(path, driver), 0);
}

/* Binds with the @nth allocation failing; false once there was none to fail. */
static bool bind_with_fault(struct lab *card, unsigned int nth, unsigned int *refused)
{
	unsigned int left;
	int result;

	arm(nth);
	result = write_text(CARD_DRIVER "/bind", card->provider);
	left = disarm();
	*refused += result < 0;
	if (result < 0 && !check_errno(write_text(CARD_DRIVER "/bind", card->provider), 0))
		return false;
	card->available = lab_available(card);
	return check(card->available) && region_works(card) && !left;
}

/* All of this binding is the driver's, and the kernel's on its behalf. */
void sweep_card(struct lab *lab)
{
	unsigned int nth = 0, refused = 0;
	struct lab card = *lab;

	if (!check(find_card(&card)))
		return;
	override_driver(&card, "p2pmem-bar");
	while (bind_with_fault(&card, ++nth, &refused))
		check_errno(write_text(CARD_DRIVER "/unbind", card.provider), 0);
	check_errno(write_text(CARD_DRIVER "/unbind", card.provider), 0);
	override_driver(&card, "\n");
	check(refused > 1);
	note("%u allocations failed, %u times the device was refused", nth - 1, refused);
}

/*
 * Resets the device with the @nth allocation failing; false once there was none
 * to fail. After a reset the driver adds the region again.
 */
static bool reset_with_fault(struct lab *card, unsigned int nth, unsigned int *without)
{
	char path[80];
	unsigned int left;

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/reset", card->provider);
	arm(nth);
	write_text(path, "1");
	left = disarm();
	*without += !lab_find_region(card);
	return region_works(card) && !left;
}

/* What a provider's driver does at its binding is not ours to fail; this is all ours. */
void sweep_adding(struct lab *lab)
{
	unsigned int nth = 0, without_region = 0;
	struct lab card = *lab;

	if (!check(find_card(&card)))
		return;
	override_driver(&card, "p2pmem-bar");
	check_errno(write_text(CARD_DRIVER "/bind", card.provider), 0);
	card.available = lab_available(&card);
	while (reset_with_fault(&card, ++nth, &without_region))
		;
	check(without_region > 1);
	note("%u allocations failed, %u of them left no region before a rescan", nth - 1,
	     without_region);
	check_errno(write_text(CARD_DRIVER "/unbind", card.provider), 0);
	override_driver(&card, "\n");
}

void check_unbinding(struct lab *lab)
{
	lab_close_region(lab);
	check_errno(drive_provider(lab, "unbind"), 0);
	check_errno(drive_provider(lab, "bind"), 0);
	check(region_works(lab));
	lab_reopen_region(lab);
}
