/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the driver's tests share: a little TAP, and the view of the machine
 * they run on. A test is a function; it checks as often as it likes and counts
 * as one. Each must leave the region as it found it, which is checked after
 * each.
 */
#ifndef DRIVER_TEST_H
#define DRIVER_TEST_H

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/types.h>

#include <linux/p2pmem.h>

#define MAX_FUNCTIONS 16
#define KIB 1024UL
#define MIB (1024 * KIB)

/* An NVMe function and the disk of its first namespace ("" if none). */
struct nvme {
	struct p2pmem_pci_address address;
	char bdf[16];
	char disk[64];
};

struct lab {
	int control; /* /dev/p2pmem-control */
	int region; /* node of the first region */
	struct p2pmem_region_info info; /* of it */
	char provider[16]; /* its function, as sysfs writes it */
	char node[32]; /* /dev/p2pmemN */
	uint64_t available; /* free bytes before the first test */
	struct nvme nvme[MAX_FUNCTIONS];
	size_t n_nvme;
	const char *scratch; /* disk that may be overwritten, or NULL */
	const char *module; /* file of the module, or NULL */
};

struct test {
	const char *name;
	void (*run)(struct lab *lab);
};

extern const struct test buffer_tests[], map_tests[], control_tests[], query_tests[], event_tests[],
	acs_tests[], io_tests[], life_tests[], bar_tests[], show_tests[], compat_tests[],
	reset_tests[], vfio_tests[], flood_tests[], module_tests[];

/* Both return the condition. A failed check fails the test and is explained. */
#define check(condition) check_at(condition, __FILE__, __LINE__, #condition)
#define check_errno(call, expected) \
	check_errno_at((long)(call), expected, __FILE__, __LINE__, #call)

/* A check of the running test was not so; whoever runs tests sets and reads it. */
extern bool failed;

bool check_at(bool condition, const char *file, int line, const char *what);
bool check_errno_at(long result, int expected, const char *file, int line, const char *what);
void skip(const char *why);
void note(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The machine. */
void lab_open(struct lab *lab);
bool lab_find_region(struct lab *lab);
void lab_reopen_region(struct lab *lab);
void lab_close_region(struct lab *lab);
uint64_t lab_available(const struct lab *lab);
bool read_number(uint64_t *ret, const char *format, ...) __attribute__((format(printf, 2, 3)));
int write_text(const char *path, const char *text);
bool await(bool (*condition)(struct lab *lab), struct lab *lab);

/* What the kernel's tracepoints of the driver say between the two calls. */
bool trace_begin(void);
char *trace_end(void);

/* Requests with defaults. */
int alloc(const struct lab *lab, uint64_t length);
int alloc_request(const struct lab *lab, struct p2pmem_alloc *request);
int revoke_buffer(const struct lab *lab, uint64_t id, uint32_t flags);
bool can_read(const struct lab *lab, const char *disk);
void *map(int fd, size_t length);
bool buffer_info(int fd, struct p2pmem_buffer_info *ret);
int touch(volatile void *address);
int touch_write(volatile void *address);
bool is_filled(const void *memory, uint64_t pattern, size_t length);
void fill(void *memory, uint64_t pattern, size_t length);

#endif
