// SPDX-License-Identifier: LGPL-2.1-or-later
/* The machine the tests run on, found through the driver and /sys. */
#include <dirent.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "driver-test.h"

#define PATIENCE_S 60

static void die(const char *what)
{
	printf("Bail out! %s: %s\n", what, strerror(errno));
	exit(EXIT_FAILURE);
}

bool read_number(uint64_t *ret, const char *format, ...)
{
	char path[256], text[64];
	va_list args;
	ssize_t n;
	int fd;

	va_start(args, format);
	vsnprintf(path, sizeof(path), format, args);
	va_end(args);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	n = read(fd, text, sizeof(text) - 1);
	close(fd);
	if (n <= 0)
		return false;
	text[n] = '\0';
	*ret = strtoull(text, NULL, 0);
	return true;
}

int write_text(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return -1;
	n = write(fd, text, strlen(text));
	close(fd);
	return n < 0 ? -1 : 0;
}

uint64_t lab_available(const struct lab *lab)
{
	uint64_t bytes = 0;

	read_number(&bytes, "/sys/bus/pci/devices/%s/p2pmem/available", lab->provider);
	return bytes;
}

/* Looks until it is so. Not how long, only that it comes about, is checked. */
bool await(bool (*condition)(struct lab *lab), struct lab *lab)
{
	const struct timespec look_again = { .tv_nsec = 1000000 };
	time_t end = time(NULL) + PATIENCE_S;

	while (!condition(lab)) {
		if (time(NULL) > end)
			return false;
		nanosleep(&look_again, NULL);
	}
	return true;
}

static void format_bdf(char *ret, size_t size, const struct p2pmem_pci_address *a)
{
	snprintf(ret, size, "%04x:%02x:%02x.%u", a->domain, a->bus, a->devfn >> 3, a->devfn & 7);
}

void lab_close_region(struct lab *lab)
{
	close(lab->region);
	lab->region = -1;
}

/* The region of the provider, or the first one as long as there is none. */
bool lab_find_region(struct lab *lab)
{
	struct p2pmem_region_info infos[MAX_FUNCTIONS];
	struct p2pmem_list list = {
		.size = sizeof(list),
		.entry_size = sizeof(infos[0]),
		.entries = (uintptr_t)infos,
		.capacity = MAX_FUNCTIONS,
	};
	char bdf[16];

	if (ioctl(lab->control, P2PMEM_CONTROL_LIST_REGIONS, &list) < 0)
		return false;
	for (unsigned int i = 0; i < list.count; i++) {
		format_bdf(bdf, sizeof(bdf), &infos[i].provider);
		if (!*lab->provider || !strcmp(bdf, lab->provider)) {
			lab->info = infos[i];
			return true;
		}
	}
	return false;
}

/* A namespace of controller C is nvmeSnN, or a path nvmeScCnN to the head nvmeSnN. */
static bool disk_name(char *ret, size_t size, const char *entry)
{
	unsigned int subsystem, controller, namespace;

	if (sscanf(entry, "nvme%uc%un%u", &subsystem, &controller, &namespace) == 3) {
		snprintf(ret, size, "/dev/nvme%un%u", subsystem, namespace);
		return true;
	}
	if (sscanf(entry, "nvme%un%u", &subsystem, &namespace) == 2) {
		snprintf(ret, size, "/dev/nvme%un%u", subsystem, namespace);
		return true;
	}
	return false;
}

/* Calls visit() for each entry of a folder until it returns true. */
static void each_entry(const char *path, bool (*visit)(const char *name, void *data), void *data)
{
	struct dirent *entry;
	DIR *dir = opendir(path);

	if (!dir)
		return;
	while ((entry = readdir(dir)))
		if (entry->d_name[0] != '.' && visit(entry->d_name, data))
			break;
	closedir(dir);
}

static bool visit_namespace(const char *name, void *data)
{
	struct nvme *nvme = data;

	return disk_name(nvme->disk, sizeof(nvme->disk), name);
}

static bool visit_controller(const char *name, void *data)
{
	struct nvme *nvme = data;
	char path[512];

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/nvme/%s", nvme->bdf, name);
	each_entry(path, visit_namespace, nvme);
	return true;
}

static bool visit_function(const char *name, void *data)
{
	struct lab *lab = data;
	struct nvme *nvme = &lab->nvme[lab->n_nvme];
	unsigned int domain, bus, device, function;
	char path[64];

	if (sscanf(name, "%x:%x:%x.%u", &domain, &bus, &device, &function) != 4)
		return false;
	snprintf(nvme->bdf, sizeof(nvme->bdf), "%.15s", name);
	nvme->address.domain = domain;
	nvme->address.bus = bus;
	nvme->address.devfn = device << 3 | function;
	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/nvme", nvme->bdf);
	each_entry(path, visit_controller, nvme);
	return ++lab->n_nvme == MAX_FUNCTIONS;
}

/*
 * A drive that was bound anew has another name if somebody still had the old
 * one open. Its namespaces are there by the time it is bound.
 */
static void find_functions(struct lab *lab)
{
	memset(lab->nvme, 0, sizeof(lab->nvme));
	lab->n_nvme = 0;
	each_entry("/sys/bus/pci/drivers/nvme", visit_function, lab);
}

/* The region to test, once it is there, and its node. */
void lab_reopen_region(struct lab *lab)
{
	if (!await(lab_find_region, lab))
		die("no region: this needs a device with P2P memory");
	format_bdf(lab->provider, sizeof(lab->provider), &lab->info.provider);
	snprintf(lab->node, sizeof(lab->node), "/dev/p2pmem%u", lab->info.region);
	lab->region = open(lab->node, O_RDWR | O_CLOEXEC);
	if (lab->region < 0)
		die(lab->node);
	find_functions(lab);
}

void lab_open(struct lab *lab)
{
	lab->control = open("/dev/p2pmem-control", O_RDWR | O_CLOEXEC);
	if (lab->control < 0)
		die("/dev/p2pmem-control");
	lab_reopen_region(lab);
	lab->available = lab_available(lab);
	note("region %s on %s, %llu bytes free, %zu NVMe functions, scratch disk %s", lab->node,
	     lab->provider, (unsigned long long)lab->available, lab->n_nvme,
	     lab->scratch ?: "none");
}

int alloc_request(const struct lab *lab, struct p2pmem_alloc *request)
{
	request->size = sizeof(*request);
	return ioctl(lab->region, P2PMEM_REGION_ALLOC, request) < 0 ? -1 : request->fd;
}

int alloc(const struct lab *lab, uint64_t length)
{
	struct p2pmem_alloc request = { .length = length };

	return alloc_request(lab, &request);
}

int revoke_buffer(const struct lab *lab, uint64_t id, uint32_t flags)
{
	struct p2pmem_revoke request = { .size = sizeof(request), .flags = flags, .id = id };

	return ioctl(lab->control, P2PMEM_CONTROL_REVOKE, &request);
}

/* Whether a read from a disk arrives in the region's memory. */
bool can_read(const struct lab *lab, const char *disk)
{
	int disk_fd = open(disk, O_RDONLY | O_DIRECT | O_CLOEXEC);
	int fd = alloc(lab, 4 * KIB);
	void *memory = map(fd, 4 * KIB);
	bool ok = pread(disk_fd, memory, 4 * KIB, 0) == 4 * KIB;

	munmap(memory, 4 * KIB);
	close(fd);
	close(disk_fd);
	return ok;
}

void *map(int fd, size_t length)
{
	return mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
}

bool buffer_info(int fd, struct p2pmem_buffer_info *ret)
{
	memset(ret, 0, sizeof(*ret));
	ret->size = sizeof(*ret);
	return ioctl(fd, P2PMEM_BUFFER_INFO, ret) == 0;
}

static sigjmp_buf touched;

static void on_signal(int number)
{
	siglongjmp(touched, number);
}

/* Reads or writes a byte; returns the signal that gave, or 0. */
static int access_byte(volatile char *address, bool write)
{
	struct sigaction action = { .sa_handler = on_signal }, bus, segv;
	int number;

	sigaction(SIGBUS, &action, &bus);
	sigaction(SIGSEGV, &action, &segv);
	number = sigsetjmp(touched, 1);
	if (!number && write)
		*address = 0;
	else if (!number)
		(void)*address;
	sigaction(SIGBUS, &bus, NULL);
	sigaction(SIGSEGV, &segv, NULL);
	return number;
}

int touch(volatile void *address)
{
	return access_byte(address, false);
}

int touch_write(volatile void *address)
{
	return access_byte(address, true);
}

/* Whole words only: each access to emulated device memory is a trap. */
bool is_filled(const void *memory, uint64_t pattern, size_t length)
{
	const volatile uint64_t *word = memory;

	for (size_t i = 0; i < length / sizeof(*word); i++)
		if (word[i] != pattern)
			return false;
	return true;
}

void fill(void *memory, uint64_t pattern, size_t length)
{
	volatile uint64_t *word = memory;

	for (size_t i = 0; i < length / sizeof(*word); i++)
		word[i] = pattern;
	__sync_synchronize();
}
