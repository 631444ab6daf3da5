/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * bench-allocate BYTES TIMES DEVICE: what allocating, mapping, unmapping and
 * freeing costs by each way there is, TIMES of each in turn. Prints a line
 * "WAY SECONDS" for each round of each way, for bench-guest to compare.
 *
 * Every way has its pages mapped when it is done, as the kernel's sysfs file
 * does in mmap() and ours in the first access.
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <linux/p2pmem.h>
#include <p2pmem/libp2pmem.h>

#define ROUNDS 5

struct bench {
	size_t size;
	unsigned int times;
	int node;
	int sysfs;
	struct p2pmem_client *client;
	struct p2pmem_allocate_options options;
};

static void map_and_unmap(int fd, size_t size)
{
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, fd, 0);

	if (p == MAP_FAILED)
		err(1, "mmap");
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

static void by_ioctl(struct bench *b)
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

static void take(struct bench *b, const char *name, void (*way)(struct bench *b))
{
	double begin = now();

	for (unsigned int i = 0; i < b->times; i++)
		way(b);
	printf("%s %.9f\n", name, (now() - begin) / b->times);
}

static int open_sysfs(void)
{
	glob_t g;
	int fd;

	if (glob("/sys/bus/pci/devices/*/p2pmem/allocate", 0, NULL, &g) != 0)
		errx(1, "no PCI function has P2P memory");
	fd = open(g.gl_pathv[0], O_RDWR);
	if (fd < 0)
		err(1, "%s", g.gl_pathv[0]);
	globfree(&g);
	return fd;
}

int main(int argc, char **argv)
{
	struct bench b = { .options = { .struct_size = sizeof(b.options) } };

	if (argc != 4)
		errx(2, "takes BYTES TIMES DEVICE");
	b.options.size = b.size = strtoull(argv[1], NULL, 0);
	b.times = (unsigned int)strtoul(argv[2], NULL, 0);
	b.options.devices = (const char *const *)&argv[3];
	b.options.n_devices = 1;
	b.node = open("/dev/p2pmem0", O_RDWR);
	if (b.node < 0)
		err(1, "/dev/p2pmem0");
	b.sysfs = open_sysfs();
	if (p2pmem_client_new(&b.client) < 0 || p2pmem_client_connect(b.client, NULL) < 0)
		errx(1, "the broker is not to be reached");
	for (int i = 0; i < ROUNDS; i++) {
		take(&b, "sysfs", by_sysfs);
		take(&b, "node", by_node);
		take(&b, "ioctl", by_ioctl);
		take(&b, "broker", by_broker);
	}
	p2pmem_client_free(b.client);
	return 0;
}
