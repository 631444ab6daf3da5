/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * bench-allocate BYTES TIMES ROUNDS WAYS NODE SYSFS [DEVICE]: what allocating,
 * mapping, unmapping and freeing costs by each of WAYS, a list with commas of
 *   sysfs   the kernel's own file, SYSFS
 *   node    the region's node, NODE
 *   fd      a descriptor from it
 *   broker  one of that region that the broker lends for DEVICE
 * Prints a line "WAY SECONDS" for each round of each way, TIMES of it, in turn.
 *
 * Every way has all its pages mapped when it is done. The kernel's sysfs file
 * maps them in mmap() and ours in the first access below each page table, so
 * one byte is stored through each table by every way.
 */
#include <err.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include <linux/p2pmem.h>
#include <p2pmem/libp2pmem.h>

#define TABLE ((size_t)2 << 20) /* what one page table maps */

struct bench {
	size_t size;
	unsigned int times;
	int node;
	int sysfs;
	struct p2pmem_client *client;
	struct p2pmem_allocate_options options;
};

static void touch(volatile char *p, size_t size)
{
	for (size_t at = 0; at < size; at += TABLE - ((uintptr_t)(p + at) % TABLE))
		p[at] = 1;
}

static void map_and_unmap(int fd, size_t size)
{
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	if (p == MAP_FAILED)
		err(1, "mmap");
	touch(p, size);
	munmap(p, size);
}

static void by_sysfs(struct bench *b)
{
	map_and_unmap(b->sysfs, b->size);
}

static void by_node(struct bench *b)
{
	map_and_unmap(b->node, b->size);
}

static void by_fd(struct bench *b)
{
	struct p2pmem_alloc a = { .size = sizeof(a), .length = b->size };

	if (ioctl(b->node, P2PMEM_REGION_ALLOC, &a) < 0)
		err(1, "P2PMEM_REGION_ALLOC");
	map_and_unmap(a.fd, b->size);
	close(a.fd);
}

static void by_broker(struct bench *b)
{
	struct p2pmem_buffer *buffer;

	if (p2pmem_allocate(b->client, &b->options, &buffer) < 0)
		errx(1, "%s", p2pmem_errmsg(b->client));
	map_and_unmap(p2pmem_buffer_fd(buffer), b->size);
	p2pmem_buffer_free(buffer);
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static const struct way {
	const char *name;
	void (*go)(struct bench *b);
} ways[] = {
	{ "sysfs", by_sysfs },
	{ "node", by_node },
	{ "fd", by_fd },
	{ "broker", by_broker },
};

static void take(struct bench *b, const struct way *way)
{
	double begin = now();

	for (unsigned int i = 0; i < b->times; i++)
		way->go(b);
	printf("%s %.9f\n", way->name, (now() - begin) / b->times);
}

static void take_each(struct bench *b, const char *list)
{
	for (size_t i = 0; i < sizeof(ways) / sizeof(*ways); i++)
		if (strstr(list, ways[i].name))
			take(b, &ways[i]);
}

static int open_or_die(const char *path)
{
	int fd = open(path, O_RDWR | O_CLOEXEC);

	if (fd < 0)
		err(1, "%s", path);
	return fd;
}

static void connect_to_broker(struct bench *b, const char *region, char **device)
{
	b->options.region = region;
	b->options.devices = (const char *const *)device;
	b->options.n_devices = 1;
	if (p2pmem_client_new(&b->client) < 0 || p2pmem_client_connect(b->client, NULL) < 0)
		errx(1, "the broker is not to be reached");
}

int main(int argc, char **argv)
{
	struct bench b = { .options = { .struct_size = sizeof(b.options) } };

	if (argc != 7 && argc != 8)
		errx(2, "takes BYTES TIMES ROUNDS WAYS NODE SYSFS [DEVICE]");
	b.options.size = b.size = strtoull(argv[1], NULL, 0);
	b.times = (unsigned int)strtoul(argv[2], NULL, 0);
	b.node = open_or_die(argv[5]);
	b.sysfs = open_or_die(argv[6]);
	if (argc == 8)
		connect_to_broker(&b, basename(argv[5]), &argv[7]);
	for (unsigned long rounds = strtoul(argv[3], NULL, 0); rounds > 0; rounds--)
		take_each(&b, argv[4]);
	p2pmem_client_free(b.client);
	return 0;
}
